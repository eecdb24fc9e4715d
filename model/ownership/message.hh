// SPDX-License-Identifier: Apache-2.0
// The messages between a home and its targets, and the network: the set of all that was ever sent.
// What is in it may arrive at any time, any number of times, or never, which is unbounded loss,
// repetition, reordering and delay.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace model::ownership {

inline constexpr std::uint8_t kTargets = 2;
/// Attempts in all, of the first connection on the tuple and of the second; IDs count from 1.
inline constexpr std::uint8_t kAttemptsMax = 6;
/// How often a target may make an endpoint of the same attempt; each has a copy number of its own.
inline constexpr std::uint8_t kCopies = 2;

enum class Kind : std::uint8_t {
    // with an ID
    Offer,          // 0x01, home to target
    Return,         // 0x01, owner to home (EP-45)
    Accepted,       // 0x03, home to the owner that returns
    RefusedOffer,   // 0x10 reasons 1, 2, 4, 6, target to home
    UnknownOwner,   // 0x10 reason 3 with the ID of an 0x14, target to home (EP-23)
    RefusedReturn,  // 0x10 reasons 1, 2, 4 to 7, home to owner (EP-46)
    UnknownReturn,  // 0x10 reason 3, home to owner
    // with an ID and a copy number
    Copied,  // 0x03, target to home
    Go,      // 0x14, home to target
    Drop,    // 0x11, home to target (EP-16)
    Ended,   // 0x11, owner to home (EP-30)
    // with neither
    Packet,        // 0x02, home to target
    UnknownTuple,  // 0x10 reason 3 with epoch 0, target to home (EP-23)
    Syn,           // 0x02 that holds a SYN, home to target
    ReturnedSyn,   // 0x02 that holds a SYN, target to home (EP-32)
};
inline constexpr std::uint8_t kKinds = 15;

constexpr bool has_copy(Kind kind) {
    return kind >= Kind::Copied && kind <= Kind::Ended;
}
constexpr bool has_id(Kind kind) {
    return kind <= Kind::Ended;
}
constexpr bool is_for_home(Kind kind) {
    return kind == Kind::Return || kind == Kind::RefusedOffer || kind == Kind::UnknownOwner ||
           kind == Kind::Copied || kind == Kind::Ended || kind == Kind::UnknownTuple ||
           kind == Kind::ReturnedSyn;
}

struct Message {
    Kind kind = Kind::Packet;
    std::uint8_t target = 0;
    std::uint8_t id = 0;
    std::uint8_t copy = 0;
};

class Network {
  public:
    void send(const Message& message) {
        const std::size_t bit = index(message);
        words_[bit / 64] |= std::uint64_t{1} << (bit % 64);
    }
    void remove(const Message& message) {
        const std::size_t bit = index(message);
        words_[bit / 64] &= ~(std::uint64_t{1} << (bit % 64));
    }
    /// Nothing is on its way any more.
    void clear() { words_ = {}; }
    bool has(const Message& message) const {
        const std::size_t bit = index(message);
        return (words_[bit / 64] >> (bit % 64) & 1U) != 0;
    }
    /// Calls `visit(Message)` for each message in it.
    template <typename Visit>
    void for_each(Visit&& visit) const {
        for (std::uint8_t target = 0; target < kTargets; ++target)
            for (std::uint8_t number = 0; number < kKinds; ++number)
                for_each_of({static_cast<Kind>(number), target, 0, 0}, visit);
    }

  private:
    static constexpr std::size_t kWithId = 7;
    static constexpr std::size_t kWithCopy = 4;
    static constexpr std::size_t kPlain = 4;
    static constexpr std::size_t kPerTarget =
        kWithId * kAttemptsMax + kWithCopy * kAttemptsMax * kCopies + kPlain;

    static constexpr std::size_t index(const Message& message) {
        const std::size_t base = message.target * kPerTarget;
        const auto kind = static_cast<std::size_t>(message.kind);
        if (!has_id(message.kind)) return base + kPerTarget - kPlain + (kind - kWithId - kWithCopy);
        const std::size_t id = message.id - 1U;
        if (!has_copy(message.kind)) return base + kind * kAttemptsMax + id;
        return base + kWithId * kAttemptsMax + ((kind - kWithId) * kAttemptsMax + id) * kCopies +
               message.copy;
    }
    template <typename Visit>
    void for_each_of(Message message, Visit&& visit) const {
        const std::uint8_t ids = has_id(message.kind) ? kAttemptsMax : 1;
        const std::uint8_t copies = has_copy(message.kind) ? kCopies : 1;
        for (std::uint8_t id = 0; id < ids; ++id) {
            message.id = has_id(message.kind) ? static_cast<std::uint8_t>(id + 1) : 0;
            for (message.copy = 0; message.copy < copies; ++message.copy)
                if (has(message)) visit(message);
        }
    }

    std::array<std::uint64_t, (kTargets * kPerTarget + 63) / 64> words_{};
};

}  // namespace model::ownership
