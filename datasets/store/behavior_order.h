// The order in which people see the behaviors.
#pragma once

namespace datasets {

// Setting: their ids in that order, as JSON; those that are not in it come last, by id.
inline constexpr char kBehaviorOrderSetting[] = "behavior_order";

}  // namespace datasets
