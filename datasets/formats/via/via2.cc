#include <algorithm>
#include <cmath>

#include "datasets/base/error.h"
#include "datasets/exchange/drawn_shapes.h"
#include "datasets/files/csv.h"
#include "datasets/formats/via/via_reading.h"

namespace datasets {

namespace {

using nlohmann::json;

// Regions as a list (VIA 2) or as an object of numbers (VIA 1).
const json& RegionsOf(const json& picture) {
  const json& regions = MemberOf(picture, "regions");
  return regions.is_object() ? regions : ListOf(regions);
}

// The attribute that names the animal; the same for the whole file.
std::string NamingAttribute(const json& pictures) {
  std::vector<std::string> names;
  for (const json& picture : pictures) {
    for (const json& region : RegionsOf(picture)) {
      const json& attributes = MemberOf(region, "region_attributes");
      for (const auto& [name, value] : attributes.items()) {
        if (std::find(names.begin(), names.end(), name) == names.end()) names.push_back(name);
      }
    }
  }
  for (const char* usual : {"name", "label", "class", "category", "type", "species", "animal"}) {
    if (std::find(names.begin(), names.end(), usual) != names.end()) return usual;
  }
  names.erase(
      std::remove_if(names.begin(), names.end(),
                     [](const std::string& name) { return name == "track" || name == "track_id"; }),
      names.end());
  return names.size() == 1 ? names[0] : "";
}

Ring Via2Ring(const json& shape, const std::string& where) {
  const auto number = [&](const char* key) { return ViaNumber(MemberOf(shape, key), where); };
  const std::string kind = ViaText(shape, "name");
  if (kind == "rect") {
    return BoxRing({number("x"), number("y"), number("width"), number("height")});
  }
  if (kind == "circle") return EllipseRing({number("cx"), number("cy")}, number("r"), number("r"));
  if (kind == "ellipse") {
    const double turn = shape.contains("theta") ? number("theta") * 180 / CV_PI : 0;
    return EllipseRing({number("cx"), number("cy")}, number("rx"), number("ry"), turn);
  }
  const json& x = MemberOf(shape, "all_points_x");
  const json& y = MemberOf(shape, "all_points_y");
  if (!x.is_array() || !y.is_array() || x.size() != y.size()) {
    throw Error(where, "its shape '" + kind + "' has no two lists of points of one length",
                "correct or remove it in the file");
  }
  Ring ring;
  for (size_t i = 0; i < x.size(); ++i) {
    ring.emplace_back(ViaNumber(x[i], where), ViaNumber(y[i], where));
  }
  return ring;
}

std::optional<int64_t> TrackOf(const json& attributes) {
  for (const char* name : {"track_id", "track"}) {
    const auto number = ParseNumber(ViaText(attributes, name));
    if (number && *number == std::floor(*number) && std::abs(*number) < 1e15) {
      return static_cast<int64_t>(*number);
    }
  }
  return std::nullopt;
}

PictureClaim Via2Claim(const json& picture, const ViaReading& reading, const std::string& folder) {
  PictureClaim claim;
  claim.file_name = ViaText(picture, "filename");
  std::replace(claim.file_name.begin(), claim.file_name.end(), '\\', '/');
  claim.what = reading.what + ", picture '" + claim.file_name + "'";
  if (claim.file_name.empty()) throw Error(reading.what, "a picture has no filename");
  const std::filesystem::path beside = reading.path.parent_path();
  claim.pictures = {beside / claim.file_name, beside / folder / claim.file_name,
                    beside / std::filesystem::path(claim.file_name).filename()};
  return claim;
}

}  // namespace

void ReadVia2(const json& tree, ViaReading& reading) {
  const json& pictures =
      tree.contains("_via_img_metadata") ? MemberOf(tree, "_via_img_metadata") : tree;
  const json& settings = MemberOf(MemberOf(tree, "_via_settings"), "core");
  const std::string folder = ViaText(settings, "default_filepath");
  bool any = false;
  for (const auto& [key, picture] : pictures.items()) {
    any = any || (picture.is_object() && picture.contains("filename"));
  }
  if (!pictures.is_object() || (!any && !tree.contains("_via_img_metadata"))) {
    throw Error(reading.what, "it has no _via_img_metadata", "give a project of VIA 2 or 3");
  }
  const std::string naming = NamingAttribute(pictures);
  for (const auto& [key, picture] : pictures.items()) {
    const json& one = picture;
    reading.bad.Try([&] { reading.placer.See(Via2Claim(one, reading, folder)); });
  }
  int64_t done = 0, unnamed = 0;
  LabelBatch& labels = reading.content.labels;
  for (const auto& [key, picture] : pictures.items()) {
    if (done++ % 1024 == 0) reading.job.Advance(0, 0, "reading regions");
    const json& one = picture;
    std::optional<size_t> place;
    std::string what;
    reading.bad.Try([&] {
      const PictureClaim claim = Via2Claim(one, reading, folder);
      what = claim.what;
      place = reading.placer.Place(claim, labels);
    });
    if (!place) continue;
    int64_t number = 0;
    for (const json& region : RegionsOf(one)) {
      const json& shape = MemberOf(region, "shape_attributes");
      const json& attributes = MemberOf(region, "region_attributes");
      const std::string kind = ViaText(shape, "name");
      const std::string where = what + ", region " + std::to_string(++number);
      if (kind == "point" || kind == "polyline" || kind == "line") {
        ++reading.content.left_out[kind == "point" ? "points" : "lines"];
        continue;
      }
      reading.bad.Try([&] {
        AnnotationRow row;
        SetRing(Via2Ring(shape, where), where, row);
        const std::string name = naming.empty() ? "" : ViaText(attributes, naming);
        unnamed += name.empty() ? 1 : 0;
        IncomingLabel& label =
            labels.AddLabel(*place, labels.Category(name.empty() ? "animal" : name));
        row.source = label.row.source;
        label.row = std::move(row);
        label.track = TrackOf(attributes);
      });
    }
  }
  if (unnamed > 0) {
    labels.warnings.push_back(
        std::to_string(unnamed) +
        " regions have no attribute that names them: they are called 'animal'");
  }
}

}  // namespace datasets
