#include "annotate/edits_regions.h"

#include "datasets/base/error.h"
#include "datasets/store/reader.h"
#include "datasets/store/writer.h"

namespace annotate {

using datasets::Error;
using datasets::Writer;

Edit AddRegion(datasets::RegionRow region) {
  region.id = 0;
  return {"Add region", std::nullopt, [=](Recorder& recorder) {
            const std::string thing = "region '" + region.name + "'";
            if (region.name.empty()) throw Error("region", "it has no name", "give it one");
            if (region.polygons.empty()) throw Error(thing, "it has no outline", "draw one");
            for (const auto& ring : region.polygons) datasets::CheckRing(ring, thing);
            recorder.Insert("regions", [&](Writer& writer) {
              bool taken = false;
              for (const auto& other : recorder.reader().Regions(region.video_id)) {
                taken |= other.name == region.name;
              }
              for (const auto& animal : recorder.reader().Categories()) {
                taken |= animal.name == region.name;
              }
              if (taken) throw Error(thing, "the name is taken", "choose another one");
              return writer.InsertRegion(region);
            });
          }};
}

Edit DeleteRegion(datasets::Id region_id) {
  return {"Delete region", std::nullopt, [=](Recorder& recorder) {
            recorder.Change("regions", region_id,
                            [&](Writer& writer) { writer.DeleteRegion(region_id); });
          }};
}

}  // namespace annotate
