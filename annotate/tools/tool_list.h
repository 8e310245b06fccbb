// One maker a tool; each tool is a file of its own.
#pragma once

#include <memory>

#include "annotate/tools/tool.h"

namespace annotate {

std::unique_ptr<Tool> MakeSelectTool();
std::unique_ptr<Tool> MakePolygonTool();
std::unique_ptr<Tool> MakeBoxTool();
std::unique_ptr<Tool> MakeBrushTool(bool erases);
std::unique_ptr<Tool> MakeBlobTool();
std::unique_ptr<Tool> MakeWandTool();
std::unique_ptr<Tool> MakeScissorsTool();
std::unique_ptr<Tool> MakeGrabCutTool();
std::unique_ptr<Tool> MakeModelTool();
std::unique_ptr<Tool> MakePointsTool();
std::unique_ptr<Tool> MakeTransformTool();

}  // namespace annotate
