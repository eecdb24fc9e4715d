// SPDX-License-Identifier: Apache-2.0
/// Evidence as pcapng (draft-ietf-opsawg-pcapng): both links as interfaces, comments on packets.
#pragma once

#include <string_view>

#include "engine/bytes.hh"
#include "pdu/capture.hh"

namespace conform {

/// A whole file. `description` becomes the section's comment (which case, which seed); times are
/// those of the capture, plus `epoch_offset` (0 in virtual time, where the case begins in 1970).
Bytes encode_pcapng(const Capture& capture, std::string_view description, Duration epoch_offset);

}  // namespace conform
