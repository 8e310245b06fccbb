#include "annotate/tools/tool.h"

#include "annotate/tools/tool_list.h"
#include "datasets/base/error.h"

namespace annotate {

std::unique_ptr<Tool> MakeTool(const std::string& id) {
  if (id == "select") return MakeSelectTool();
  if (id == "polygon") return MakePolygonTool();
  if (id == "box") return MakeBoxTool();
  if (id == "brush") return MakeBrushTool(false);
  if (id == "eraser") return MakeBrushTool(true);
  if (id == "blob") return MakeBlobTool();
  if (id == "wand") return MakeWandTool();
  if (id == "scissors") return MakeScissorsTool();
  if (id == "grabcut") return MakeGrabCutTool();
  if (id == "model") return MakeModelTool();
  if (id == "points") return MakePointsTool();
  if (id == "transform") return MakeTransformTool();
  throw datasets::Error("tool " + id, "there is no such tool",
                        "use one of select, polygon, box, brush, eraser, blob, wand, scissors, "
                        "grabcut, model, points, transform");
}

std::vector<std::string> ToolIds() {
  return {"select", "polygon",  "box",     "brush", "eraser", "blob",
          "wand",   "scissors", "grabcut", "model", "points", "transform"};
}

}  // namespace annotate
