// SPDX-License-Identifier: Apache-2.0
/// A device as it began: what earlier cases have left on it, connections, sessions, a drain that a
/// failing case did not end, is no matter of the next one.
#pragma once

#include <cstdint>

#include "attach/attachment.hh"
#include "iut/iut.hh"

namespace conform {

/// Asks the upper tester for `reset`; false if there is none, or it does not know how. `port` is
/// one that no case has. Throws what talking to the device can end with.
bool wipe(Attachment& device, const Iut& iut, std::uint64_t seed, std::uint16_t port);

}  // namespace conform
