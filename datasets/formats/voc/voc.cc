#include "datasets/formats/voc/voc.h"

#include <algorithm>
#include <cmath>

#include "datasets/base/error.h"
#include "datasets/exchange/bad_entries.h"
#include "datasets/exchange/drawn_shapes.h"
#include "datasets/exchange/format.h"
#include "datasets/exchange/frame_place.h"
#include "datasets/exchange/label_batch.h"
#include "datasets/files/xml_file.h"

namespace datasets {

namespace {

namespace fs = std::filesystem;

std::string VocThing(const fs::path& path) { return "VOC file '" + path.filename().string() + "'"; }

// x1, y1, x2, y2, ... as children.
Ring VocRing(const XmlFile& file, pugi::xml_node polygon) {
  Ring ring;
  for (int i = 1;; ++i) {
    const std::string x = "x" + std::to_string(i), y = "y" + std::to_string(i);
    if (!polygon.child(x.c_str())) break;
    ring.emplace_back(file.ChildNumber(polygon, x.c_str()), file.ChildNumber(polygon, y.c_str()));
  }
  CheckRing(ring, file.Where(polygon));
  return ring;
}

VocObject ReadVocObject(const XmlFile& file, pugi::xml_node node) {
  VocObject object;
  object.where = file.Where(node);
  object.name = node.child_value("name");
  if (object.name.empty()) file.Fail(node, "the object has no name");
  object.occluded = std::string(node.child_value("occluded")) == "1";
  if (const pugi::xml_node polygon = node.child("polygon")) {
    object.polygons = {VocRing(file, polygon)};
  }
  const pugi::xml_node box = node.child("bndbox");
  if (!box) {
    if (!object.polygons.empty()) return object;
    file.Fail(node, "the object '" + object.name + "' has no bndbox");
  }
  const double left = file.ChildNumber(box, "xmin"), top = file.ChildNumber(box, "ymin");
  const double right = file.ChildNumber(box, "xmax"), bottom = file.ChildNumber(box, "ymax");
  if (right < left || bottom < top) file.Fail(box, "the box ends before it begins");
  object.box = {left, top, right - left, bottom - top};
  return object;
}

int VocSide(const XmlFile& file, pugi::xml_node size, const char* name) {
  if (!size.child(name)) return 0;
  const double side = file.ChildNumber(size, name);
  if (side < 0 || side > 1 << 20 || side != std::floor(side)) {
    file.Fail(size, std::string("the ") + name + " is impossible");
  }
  return static_cast<int>(side);
}

std::optional<VocFile> ReadVocOrOther(const fs::path& path) {
  const XmlFile file(path, VocThing(path));
  const pugi::xml_node root = file.root();
  if (std::string(root.name()) != "annotation") return std::nullopt;
  VocFile result;
  result.file_name = root.child_value("filename");
  result.path = root.child_value("path");
  if (result.file_name.empty()) result.file_name = path.stem().string() + ".jpg";
  for (std::string* name : {&result.file_name, &result.path}) {
    std::replace(name->begin(), name->end(), '\\', '/');
  }
  result.width = VocSide(file, root.child("size"), "width");
  result.height = VocSide(file, root.child("size"), "height");
  result.segmented = std::string(root.child_value("segmented")) == "1";
  for (const pugi::xml_node node : root.children("object")) {
    result.objects.push_back(ReadVocObject(file, node));
    const auto parts = node.children("part");
    result.parts += std::distance(parts.begin(), parts.end());
  }
  return result;
}

Error NotVoc(const fs::path& path) {
  return {VocThing(path), "it has no <annotation>", "give an XML file of Pascal VOC"};
}

std::vector<fs::path> VocFiles(const fs::path& path) {
  if (!fs::is_directory(path)) return {path};
  std::vector<fs::path> files;
  for (const auto& entry : fs::recursive_directory_iterator(path)) {
    if (entry.path().extension() == ".xml") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  if (files.empty()) {
    throw Error("folder '" + path.string() + "'", "it holds no XML file",
                "give a folder of VOC files (Annotations/)");
  }
  return files;
}

PictureClaim VocClaim(const fs::path& path, const VocFile& file) {
  PictureClaim claim;
  claim.what = VocThing(path);
  const fs::path folder = path.parent_path();
  claim.file_name = file.file_name;
  if (!ReadFrameName(claim.file_name)) claim.original_name = path.filename().string();
  claim.pictures = {folder / file.file_name,
                    folder.parent_path() / "JPEGImages" / fs::path(file.file_name).filename()};
  if (!file.path.empty()) claim.pictures.emplace_back(file.path);
  claim.width = file.width;
  claim.height = file.height;
  return claim;
}

struct VocPicture {
  VocFile file;
  PictureClaim claim;
};

// Does VOC's own way of counting fit all boxes of the import?
bool CountsFromOne(const std::vector<VocPicture>& pictures) {
  const auto whole = [](double value) { return value == std::floor(value); };
  for (const VocPicture& picture : pictures) {
    for (const VocObject& object : picture.file.objects) {
      const Box& box = object.box;
      if (!object.polygons.empty()) continue;
      if (box.x < 1 || box.y < 1 || !whole(box.x) || !whole(box.y) || !whole(box.width) ||
          !whole(box.height)) {
        return false;
      }
    }
  }
  return true;
}

// Cut at the picture's edge. True where something was cut off.
bool CutBox(const IncomingImage& image, Box* box) {
  const Box whole = *box;
  const double right = std::min(box->x + box->width, static_cast<double>(image.width));
  const double bottom = std::min(box->y + box->height, static_cast<double>(image.height));
  box->x = std::max(box->x, 0.0);
  box->y = std::max(box->y, 0.0);
  box->width = right - box->x;
  box->height = bottom - box->y;
  return box->x != whole.x || box->y != whole.y || box->width < whole.width ||
         box->height < whole.height;
}

class VocImport {
 public:
  VocImport(bool from_one, BadEntries& bad, LabelBatch& batch)
      : from_one_(from_one), bad_(bad), batch_(batch) {}

  void Add(const VocObject& object, size_t place) {
    const IncomingImage image = batch_.image(place);
    AnnotationRow row;
    const bool read = bad_.Try([&] {
      if (!object.polygons.empty()) {
        SetRing(object.polygons[0], object.where, row);
        return;
      }
      Box box = object.box;
      if (from_one_) box = {box.x - 1, box.y - 1, box.width + 1, box.height + 1};
      cut_ += CutBox(image, &box) ? 1 : 0;
      if (box.width <= 0 || box.height <= 0) {
        throw Error(object.where, "its box has no area inside the picture",
                    "correct or remove it in the file");
      }
      SetRing(BoxRing(box), object.where, row);
      ++boxes_;
    });
    if (!read) return;
    IncomingLabel& label = batch_.AddLabel(place, batch_.Category(object.name));
    row.source = label.row.source;
    row.occluded = object.occluded;
    label.row = std::move(row);
  }

  void AddNotes() const {
    Say(boxes_, "boxes were stored as rectangles");
    Say(cut_, "boxes reached out of their picture and were cut at its edge");
    if (!from_one_ && boxes_ > 0) {
      batch_.warnings.push_back(
          "coordinates were taken as they stand, from 0: some are 0 or have a fraction (VOC itself "
          "counts pixels from 1)");
    }
  }
  void Say(int64_t count, const std::string& text) const {
    if (count > 0) batch_.warnings.push_back(std::to_string(count) + " " + text);
  }

 private:
  const bool from_one_;
  BadEntries& bad_;
  LabelBatch& batch_;
  int64_t boxes_ = 0, cut_ = 0;
};

}  // namespace

VocFile ReadVoc(const fs::path& path) {
  auto file = ReadVocOrOther(path);
  if (!file) throw NotVoc(path);
  return std::move(*file);
}

ImportReport ImportVoc(Project& project, const fs::path& path, const ImportOptions& options,
                       Job& job) {
  const std::vector<fs::path> paths = VocFiles(path);
  FramePlacer placer(project, path, options);
  BadEntries bad(options.skip_bad);
  std::vector<VocPicture> pictures;
  LabelBatch batch;
  int64_t foreign = 0, parts = 0, segmented = 0;
  for (const fs::path& file : paths) {
    job.Advance(static_cast<double>(&file - paths.data()), static_cast<double>(paths.size()),
                "reading " + file.filename().string());
    std::optional<VocFile> content;
    if (!bad.Try([&] { content = ReadVocOrOther(file); })) continue;
    if (!content) {
      if (paths.size() == 1) throw NotVoc(file);
      ++foreign;
      continue;
    }
    parts += content->parts;
    segmented += content->segmented ? 1 : 0;
    PictureClaim claim = VocClaim(file, *content);
    placer.See(claim);
    pictures.push_back({std::move(*content), std::move(claim)});
  }
  VocImport import(CountsFromOne(pictures), bad, batch);
  for (const VocPicture& picture : pictures) {
    std::optional<size_t> place;
    bad.Try([&] { place = placer.Place(picture.claim, batch); });
    if (!place) continue;
    for (const VocObject& object : picture.file.objects) import.Add(object, *place);
  }
  bad.Finish(&batch.warnings, batch.images().empty());
  if (pictures.empty()) throw NotVoc(paths.front());
  placer.AddNotes(&batch.warnings);
  import.AddNotes();
  import.Say(parts, "parts of objects (heads, hands) were left out");
  import.Say(segmented, "pictures are said to have masks as PNG files beside, which were left out");
  import.Say(foreign, "XML files are not VOC's and were left out");
  return StoreLabels(project, batch, options, job);
}

namespace {

bool IsLikeVoc(const FileStart& start) {
  const auto is_file = [](const FileStart& file) {
    return file.extension == ".xml" && (file.text.find("<annotation>") != std::string::npos ||
                                        file.text.find("<annotation ") != std::string::npos);
  };
  if (!start.is_folder) return is_file(start);
  return std::any_of(start.entries.begin(), start.entries.end(), [&](const fs::path& file) {
    return file.extension() == ".xml" && is_file(FileStart(file));
  });
}

}  // namespace

Format VocFormat() {
  return {"voc",
          ImportVoc,
          nullptr,
          "an XML file, or a folder of them",
          "boxes of Pascal VOC (LabelImg, Roboflow)",
          IsLikeVoc};
}

}  // namespace datasets
