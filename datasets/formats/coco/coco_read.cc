#include <map>
#include <set>
#include <unordered_set>

#include "datasets/base/error.h"
#include "datasets/formats/coco/coco_parse.h"

namespace datasets {

namespace {

// Individuals that have only a name get the numbers that are free, from 1.
void NumberNamedTracks(CocoDocument& document) {
  std::set<int64_t> taken;
  for (const CocoObject& object : document.objects) {
    if (object.track_id) taken.insert(*object.track_id);
  }
  std::map<std::string, int64_t> numbers;
  for (const CocoObject& object : document.objects) {
    if (object.track_id && !object.track_name.empty()) {
      numbers.emplace(object.track_name, *object.track_id);
    }
  }
  int64_t next = 1;
  for (CocoObject& object : document.objects) {
    if (object.track_id || object.track_name.empty()) continue;
    auto number = numbers.find(object.track_name);
    if (number == numbers.end()) {
      while (taken.count(next)) ++next;
      number = numbers.emplace(object.track_name, next++).first;
    }
    object.track_id = number->second;
  }
}

std::string NotThere(const std::map<int64_t, std::string>& texts, int64_t id,
                     const std::string& section) {
  const auto text = texts.find(id);
  return text == texts.end()
             ? std::to_string(id) + " is not in '" + section + "'"
             : "'" + text->second + "' is no whole number and not in '" + section + "'";
}

// Ids that one part of the file uses must stand in another.
void CheckReferences(CocoDocument& document, const std::string& file, BadEntries* bad) {
  std::unordered_set<int64_t> images, videos;
  std::unordered_map<int64_t, const CocoCategory*> categories;
  for (const CocoVideo& video : document.videos) videos.insert(video.id);
  for (const CocoCategory& category : document.categories) categories[category.id] = &category;
  for (const CocoImage& image : document.images) {
    images.insert(image.id);
    if (image.video_id && !videos.empty() && !videos.count(*image.video_id)) {
      throw Error(file + ", image " + std::to_string(image.id),
                  "its video_id " + std::to_string(*image.video_id) + " is not in 'videos'",
                  "add that video to the file or correct the id");
    }
  }
  const auto check = [&](CocoObject& object, size_t i) {
    const auto where = [&] {
      return file + ", annotation " +
             (object.id ? std::to_string(object.id) : "no. " + std::to_string(i + 1));
    };
    if (!images.count(object.image_id)) {
      throw Error(where(),
                  "its image_id " + NotThere(document.image_texts, object.image_id, "images"),
                  "add that image to the file or correct the id");
    }
    if (object.category_id == kNoCategoryId && !categories.count(kNoCategoryId)) {
      if (categories.size() != 1) {
        throw Error(where(),
                    "it has no category_id, and the file has " + std::to_string(categories.size()) +
                        " categories",
                    "give it the id of its category");
      }
      object.category_id = categories.begin()->first;
    }
    const auto category = categories.find(object.category_id);
    if (category == categories.end()) {
      throw Error(
          where(),
          "its category_id " + NotThere(document.category_texts, object.category_id, "categories"),
          "add that category to the file or correct the id");
    }
    const auto& names = category->second->key_points;
    if (object.key_points.empty()) return;
    if (!names.empty() && names.size() != object.key_points.size()) {
      throw Error(where(),
                  "it has " + std::to_string(object.key_points.size()) +
                      " key points, its category names " + std::to_string(names.size()),
                  "correct the file");
    }
    for (size_t k = 0; k < object.key_points.size(); ++k) {
      object.key_points[k].name = names.empty() ? std::to_string(k + 1) : names[k];
    }
  };
  size_t kept = 0;
  for (size_t i = 0; i < document.objects.size(); ++i) {
    if (!bad) {
      check(document.objects[i], i);
    } else if (!bad->Try([&] { check(document.objects[i], i); })) {
      continue;
    }
    if (kept != i) document.objects[kept] = std::move(document.objects[i]);
    ++kept;
  }
  document.objects.resize(kept);
}

}  // namespace

CocoDocument ReadCoco(const std::filesystem::path& path, Job& job, BadEntries* bad) {
  CocoDocument document = ParseCoco(path, job, bad);
  if (!document.is_results) {
    CheckReferences(document, "COCO file '" + path.filename().string() + "'", bad);
  }
  NumberNamedTracks(document);
  return document;
}

CocoDocument ReadCocoDataset(const std::filesystem::path& path, Job& job, BadEntries* bad) {
  CocoDocument document = ReadCoco(path, job, bad);
  if (document.is_results) {
    throw Error("COCO file '" + path.string() + "'",
                "it is a list of results (predictions), not a dataset with images and categories",
                "give the dataset file; results go to `vole evaluate --predictions`");
  }
  return document;
}

CocoDocument ReadCocoResults(const std::filesystem::path& path, Job& job) {
  CocoDocument document = ReadCoco(path, job);
  if (!document.is_results && document.images.empty()) {
    throw Error("COCO file '" + path.string() + "'", "it holds no results",
                "give a list of results, or a dataset whose annotations carry a score");
  }
  return document;
}

Rle CocoRle(const CocoObject& object, int height, int width, const std::string& what) {
  if (object.rle_height != height || object.rle_width != width) {
    throw Error(what,
                "its RLE is for a picture of " + std::to_string(object.rle_width) + " x " +
                    std::to_string(object.rle_height) + " pixels, and its image has " +
                    std::to_string(width) + " x " + std::to_string(height),
                "correct the RLE's size, given as [height, width]");
  }
  try {
    return object.counts.empty() ? ParseRle(object.compressed_counts, height, width)
                                 : CheckedRle(object.counts, height, width);
  } catch (const Error& error) {
    throw Error(what, std::string("its mask cannot be read: ") + error.what());
  }
}

Rle CocoMask(const CocoObject& object, int height, int width, const std::string& what) {
  if (object.has_rle()) return CocoRle(object, height, width, what);
  if (!object.polygons.empty()) return RlePolygons(object.polygons, height, width);
  const Box& box = *object.box;
  return RlePolygon({{box.x, box.y},
                     {box.x, box.y + box.height},
                     {box.x + box.width, box.y + box.height},
                     {box.x + box.width, box.y}},
                    height, width);
}

}  // namespace datasets
