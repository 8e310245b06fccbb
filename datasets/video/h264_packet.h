// Which packets of an H.264 stream nothing else needs. Internal to datasets/video.
#pragma once

#include <cstddef>
#include <cstdint>

namespace datasets {

// Bytes of the length before each NAL unit (1, 2 or 4), by a stream's avcC record (ISO/IEC
// 14496-15, 5.3.3.1); 0: the units stand between start codes (ITU-T H.264, Annex B).
int NalLengthBytes(const uint8_t* extradata, size_t size);

// Whether a packet holds slices of non-IDR pictures and all of them have nal_ref_idc 0: no other
// picture is predicted from it (ITU-T H.264, 7.4.1). False for anything that is malformed, for data
// partitions, and for packets that bring parameter sets.
bool IsUnreferenced(const uint8_t* packet, size_t size, int nal_length_bytes);

}  // namespace datasets
