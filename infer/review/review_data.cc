#include "infer/review/review_data.h"

#include <openssl/evp.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "datasets/base/error.h"
#include "datasets/store/writer.h"
#include "datasets/unknown_name.h"

namespace infer {
namespace {

constexpr size_t kAnimalsAChunk = 20000;

std::string KeyOf(datasets::Id job_id) { return "review_data/" + std::to_string(job_id); }
std::string ChunkKey(datasets::Id job_id, size_t chunk) {
  return KeyOf(job_id) + "/" + std::to_string(chunk);
}

void PutNumber(std::string& bytes, int64_t value) {  // zigzag, 7 bits a byte
  uint64_t rest = (static_cast<uint64_t>(value) << 1) ^ static_cast<uint64_t>(value >> 63);
  while (rest >= 128) {
    bytes.push_back(static_cast<char>(rest | 128));
    rest >>= 7;
  }
  bytes.push_back(static_cast<char>(rest));
}

class ByteReader {
 public:
  explicit ByteReader(const std::string& bytes) : bytes_(bytes) {}
  bool done() const { return next_ >= bytes_.size(); }
  uint8_t Byte() {
    if (done()) {
      throw datasets::Error("review data of a prediction", "it is cut off",
                            "run `vole predict` again");
    }
    return static_cast<uint8_t>(bytes_[next_++]);
  }
  int64_t Number() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const uint8_t byte = Byte();
      value |= static_cast<uint64_t>(byte & 127) << shift;
      if (byte < 128) break;
    }
    return static_cast<int64_t>(value >> 1) ^ -static_cast<int64_t>(value & 1);
  }

 private:
  const std::string& bytes_;
  size_t next_ = 0;
};

std::string ToText(const std::string& bytes) {
  std::string text((bytes.size() + 2) / 3 * 4 + 1, '\0');
  const int length = EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()),
                                     reinterpret_cast<const unsigned char*>(bytes.data()),
                                     static_cast<int>(bytes.size()));
  text.resize(static_cast<size_t>(length));
  return text;
}

std::string FromText(const std::string& text) {
  std::string bytes(text.size() / 4 * 3 + 3, '\0');
  const int length = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(bytes.data()),
                                     reinterpret_cast<const unsigned char*>(text.data()),
                                     static_cast<int>(text.size()));
  if (length < 0) {
    throw datasets::Error("review data of a prediction", "it is damaged",
                          "run `vole predict` again");
  }
  size_t padding = 0;
  while (padding < 2 && padding < text.size() && text[text.size() - 1 - padding] == '=') ++padding;
  bytes.resize(static_cast<size_t>(length) - padding);
  return bytes;
}

uint8_t ToByte(double value) {
  return static_cast<uint8_t>(std::clamp(std::lround(value * 255), 0L, 255L));
}

// log2 of the ratio in steps of 1/32, within a factor of 16.
uint8_t RatioToByte(float ratio) {
  const double steps = 128 + 32 * std::log2(std::clamp<double>(ratio, 1e-3, 1e3));
  return static_cast<uint8_t>(std::clamp(std::lround(steps), 0L, 255L));
}

uint8_t AgreementToByte(float agreement) {
  if (!(agreement >= 0)) return 255;
  return static_cast<uint8_t>(std::clamp(std::lround(agreement * 254), 0L, 254L));
}

float AgreementOf(uint8_t byte) { return byte == 255 ? -1 : static_cast<float>(byte) / 254; }

}  // namespace

ReviewData MakeReviewData(const TrackRecord& record, const std::vector<Tracklet>& tracklets,
                          const std::vector<NamedTracklet>& names, const train::ModelInfo& info,
                          const std::vector<datasets::Id>& rows, double fps,
                          double picture_overlap) {
  VOLE_CHECK(rows.size() == record.rows().size() && names.size() == tracklets.size());
  ReviewData data;
  data.start_frame = std::max(0, record.first_frame());
  data.end_frame = std::max(0, record.end_frame());
  data.fps = fps;
  data.picture_overlap = picture_overlap;
  data.classes = info.classes;
  data.max_instances = info.max_instances;
  data.max_instances.resize(info.classes.size(), 1);
  const bool numbered = std::any_of(data.max_instances.begin(), data.max_instances.end(),
                                    [](int instances) { return instances > 1; });
  for (size_t t = 0; t < tracklets.size(); ++t) {
    data.tracklets.push_back({tracklets[t].start_frame, tracklets[t].end_frame, names[t].runner_up,
                              static_cast<float>(names[t].margin)});
    if (names[t].unknown) {
      data.tracklets.back().unknown = numbered ? names[t].number : static_cast<int>(t);
    }
  }
  std::vector<double> log_area(info.classes.size(), 0), count(info.classes.size(), 0);
  for (const AnimalFrame& row : record.rows()) {
    const int own = names[static_cast<size_t>(row.tracklet)].class_index;
    if (own < 0) continue;
    log_area[static_cast<size_t>(own)] += std::log(std::max(row.area, 1.f));
    count[static_cast<size_t>(own)] += 1;
  }
  const std::vector<Signs> signs = SignsOf({record, tracklets, names, info, fps});
  constexpr size_t kOff = static_cast<size_t>(Sign::kOffPicture);
  for (size_t r = 0; r < record.rows().size(); ++r) {
    const AnimalFrame& row = record.rows()[r];
    const int own = names[static_cast<size_t>(row.tracklet)].class_index;
    if (own < 0) continue;
    ReviewAnimal animal;
    animal.prediction = rows[r];
    animal.frame = row.frame;
    animal.class_index = own;
    animal.tracklet = row.tracklet;
    const double usual = log_area[static_cast<size_t>(own)] / count[static_cast<size_t>(own)];
    animal.area_ratio = static_cast<float>(row.area / std::exp(usual));
    animal.agreement = row.picture_agreement;
    animal.signs = signs[r];
    if (picture_overlap > 0) animal.signs[kOff] = 0;         // said once labels are compared
    if (names[static_cast<size_t>(row.tracklet)].unknown) {  // it claims no name to doubt
      for (size_t s = 0; s < kSigns; ++s) {
        if (InfoOf(static_cast<Sign>(s)).between_two) animal.signs[s] = 0;
      }
    }
    data.animals.push_back(animal);
  }
  return data;
}

void SaveReviewData(datasets::Project& project, datasets::Id job_id, const ReviewData& data) {
  nlohmann::json head = {{"video_id", data.video_id},
                         {"start_frame", data.start_frame},
                         {"end_frame", data.end_frame},
                         {"fps", data.fps},
                         {"signs", kSigns},
                         {"picture_overlap", data.picture_overlap},
                         {"classes", data.classes},
                         {"categories", data.categories},
                         {"max_instances", data.max_instances}};
  std::string tracklets;
  for (const ReviewTracklet& tracklet : data.tracklets) {
    PutNumber(tracklets, tracklet.start_frame);
    PutNumber(tracklets, tracklet.end_frame - tracklet.start_frame);
    PutNumber(tracklets, tracklet.runner_up);
    PutNumber(tracklets, std::lround(tracklet.margin * 1000));
  }
  head["tracklets"] = ToText(tracklets);
  nlohmann::json unknown = nlohmann::json::array();
  for (size_t t = 0; t < data.tracklets.size(); ++t) {
    if (data.tracklets[t].unknown >= 0) unknown.push_back({t, data.tracklets[t].unknown});
  }
  head["unknown"] = std::move(unknown);
  const size_t chunks = (data.animals.size() + kAnimalsAChunk - 1) / kAnimalsAChunk;
  head["chunks"] = chunks;
  for (size_t chunk = 0; chunk < chunks; ++chunk) {
    const size_t begin = chunk * kAnimalsAChunk;
    const size_t end = std::min(data.animals.size(), begin + kAnimalsAChunk);
    std::string bytes;
    int frame = 0;
    datasets::Id prediction = 0;
    for (size_t a = begin; a < end; ++a) {
      const ReviewAnimal& animal = data.animals[a];
      PutNumber(bytes, animal.prediction - prediction);
      PutNumber(bytes, animal.frame - frame);
      PutNumber(bytes, animal.class_index);
      PutNumber(bytes, animal.tracklet);
      bytes.push_back(static_cast<char>(RatioToByte(animal.area_ratio)));
      bytes.push_back(static_cast<char>(AgreementToByte(animal.agreement)));
      for (float sign : animal.signs) bytes.push_back(static_cast<char>(ToByte(sign)));
      prediction = animal.prediction;
      frame = animal.frame;
    }
    const std::string text = ToText(bytes);
    project.Write(
        [&](datasets::Writer& writer) { writer.SetSetting(ChunkKey(job_id, chunk), text); });
  }
  project.Write([&](datasets::Writer& writer) {
    writer.SetSetting(KeyOf(job_id),
                      head.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  });
}

std::optional<ReviewData> LoadReviewData(const datasets::Project& project, datasets::Id job_id) {
  const std::string text = project.Setting(KeyOf(job_id));
  if (text.empty()) return std::nullopt;
  const nlohmann::json head = nlohmann::json::parse(text, nullptr, false);
  if (head.is_discarded()) return std::nullopt;
  // A prediction from before knew fewer signs: the later ones say nothing.
  const size_t known_signs = head.value("signs", size_t{0});
  if (known_signs == 0 || known_signs > kSigns) return std::nullopt;
  ReviewData data;
  data.video_id = head.at("video_id");
  data.start_frame = head.at("start_frame");
  data.end_frame = head.at("end_frame");
  data.fps = head.at("fps");
  const bool has_agreement = head.contains("picture_overlap");  // not before it was learned
  if (has_agreement) data.picture_overlap = head.at("picture_overlap");
  data.classes = head.at("classes").get<std::vector<std::string>>();
  data.categories = head.at("categories").get<std::vector<datasets::Id>>();
  for (const datasets::CategoryRow& category : project.Categories()) {  // as they are called now
    if (datasets::IsUnknown(category)) data.unknown_name = category.name;
    for (size_t k = 0; k < std::min(data.classes.size(), data.categories.size()); ++k) {
      if (data.categories[k] == category.id) data.classes[k] = category.name;
    }
  }
  data.max_instances = head.at("max_instances").get<std::vector<int>>();
  const std::string tracklet_bytes = FromText(head.at("tracklets").get<std::string>());
  for (ByteReader reader(tracklet_bytes); !reader.done();) {
    ReviewTracklet tracklet;
    tracklet.start_frame = static_cast<int>(reader.Number());
    tracklet.end_frame = tracklet.start_frame + static_cast<int>(reader.Number());
    tracklet.runner_up = static_cast<int>(reader.Number());
    tracklet.margin = static_cast<float>(reader.Number()) / 1000;
    data.tracklets.push_back(tracklet);
  }
  for (const auto& item : head.value("unknown", nlohmann::json::array())) {
    const size_t t = item.at(0);
    VOLE_CHECK(t < data.tracklets.size());
    data.tracklets[t].unknown = item.at(1);
  }
  const size_t chunks = head.at("chunks");
  for (size_t chunk = 0; chunk < chunks; ++chunk) {
    const std::string bytes = FromText(project.Setting(ChunkKey(job_id, chunk)));
    int frame = 0;
    datasets::Id prediction = 0;
    for (ByteReader reader(bytes); !reader.done();) {
      ReviewAnimal animal;
      animal.prediction = prediction += reader.Number();
      animal.frame = frame += static_cast<int>(reader.Number());
      animal.class_index = static_cast<int>(reader.Number());
      animal.tracklet = static_cast<int>(reader.Number());
      animal.area_ratio = static_cast<float>(std::exp2((reader.Byte() - 128) / 32.0));
      if (has_agreement) animal.agreement = AgreementOf(static_cast<uint8_t>(reader.Byte()));
      for (size_t s = 0; s < known_signs; ++s) {
        animal.signs[s] = static_cast<float>(reader.Byte()) / 255;
      }
      VOLE_CHECK(animal.class_index >= 0 &&
                 animal.class_index < static_cast<int>(data.classes.size()));
      VOLE_CHECK(animal.tracklet >= 0 && animal.tracklet < static_cast<int>(data.tracklets.size()));
      data.animals.push_back(animal);
    }
  }
  return data;
}

bool HasEveryAnimal(const ReviewData& data, const std::vector<datasets::AnnotationRow>& labels) {
  if (AnyFilledIn(labels)) return false;  // what was filled in has no witness
  for (size_t k = 0; k < data.categories.size(); ++k) {
    const auto found = std::count_if(labels.begin(), labels.end(), [&](const auto& label) {
      return label.category_id == data.categories[k] && label.HasShape() && !label.iscrowd;
    });
    if (found < std::max(1, data.max_instances[k])) return false;
  }
  return true;
}

}  // namespace infer
