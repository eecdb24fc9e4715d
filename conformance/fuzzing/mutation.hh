// SPDX-License-Identifier: Apache-2.0
/// One change of one frame of the farm, in words that a person writes and a file keeps:
/// "set type 0x77", "add tcb.snd_nxt -1", "address dest-ip device.control", "sender stranger",
/// "flip 31 0x40", "cut 17", "pad 40 0xa5", "nest 3".
#pragma once

#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "engine/bytes.hh"
#include "fuzzing/wire_field.hh"
#include "iut/iut.hh"

namespace conform::fuzzing {

/// Text that is no mutation, or of another Type's frames.
struct MutationError : std::runtime_error {
    using std::runtime_error::runtime_error;
};

struct Mutation {
    enum class Kind : std::uint8_t {
        Set,      ///< a field becomes `value`
        Add,      ///< `value`, signed, is added to a field, modulo its size
        Address,  ///< a field becomes the address of `name` in the plan
        Sender,   ///< the frame comes from `name`
        Flip,     ///< the byte `at` behind the Ethernet header differs by the bits of `value`
        Cut,      ///< `at` bytes are left behind the Ethernet header, where there is one
        Pad,      ///< `at` bytes of `value` follow
        Nest,     ///< it is encapsulated as 0x02 so often again: `at`
    };
    Kind kind = Kind::Set;
    std::string field{};
    std::string name{};
    std::uint64_t value = 0;
    std::size_t at = 0;

    bool operator==(const Mutation&) const = default;
    std::string to_string() const;
};

/// Throws MutationError with what was expected.
Mutation parse_mutation(std::string_view text, const FrameForm& form);

/// Words of Address, and of Sender. Which host of the plan that is, `address_named` says.
const std::vector<std::string>& address_names();
const std::vector<std::string>& sender_names();
Ipv4Address address_named(std::string_view name, const Iut& iut);
MacAddress sender_named(std::string_view name, const Iut& iut);

/// Changes a frame of that form; what a cut has taken away is left alone.
void apply(const Mutation& mutation, const FrameForm& form, const Iut& iut, Bytes& frame);

/// Which checksums are made right again behind all mutations of a frame.
struct Repairs {
    bool transport = false;  ///< of the inner segment or datagram
    bool inner = false;      ///< of the inner IPv4 header
    bool header = false;     ///< FRM-4

    bool operator==(const Repairs&) const = default;
};
void repair(const Repairs& repairs, bool has_extensions, Bytes& frame);
/// Of a control frame `header` repairs the length.
void repair_control(const Repairs& repairs, Bytes& frame);

}  // namespace conform::fuzzing
