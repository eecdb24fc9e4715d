// SPDX-License-Identifier: Apache-2.0
/// Connections that are opened at once, as cases open them beside each other: a service that lets
/// few wait drops the others, which would then look like faults of the device.
#pragma once

#include <cstdint>

#include "attach/attachment.hh"
#include "iut/iut.hh"

namespace conform {

/// How many of `count` clients, which open their connections and send a request in the same
/// instant, have it acknowledged in time. Their ports begin at `port`. Throws what talking to the
/// device can end with.
std::size_t count_served(Attachment& device, const Iut& iut, std::uint64_t seed, std::uint16_t port,
                         std::size_t count);

/// How many cases may act at once where `served` of `asked` connections were: half of what is taken
/// just so, for most cases have more than one.
std::size_t bearable(std::size_t asked, std::size_t served);

}  // namespace conform
