// SPDX-License-Identifier: Apache-2.0
// Requests of other servers that have come and wait for whoever above the channels answers them.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>
#include <utility>
#include <vector>

#include "shunt/farm/farm_config.hh"
#include "shunt/wire/control_frame.hh"

namespace shunt::farm {

/// Where a request has come from, which is where its answer goes.
struct RequestOrigin {
    ServerId peer = 0;
    /// The serial of the connection that it came by: another one carries no answer to it.
    std::uint64_t channel = 0;
    std::uint64_t transaction = 0;

    bool operator==(const RequestOrigin&) const = default;
};

struct IncomingRequest {
    RequestOrigin origin;
    wire::ControlKind kind = wire::ControlKind::ObjectCall;
    std::uint16_t flags = 0;
    std::vector<std::uint8_t> body;
    /// As of outcomes (Transactions).
    std::uint64_t order = 0;
};

class RequestInbox {
  public:
    /// More than one server asks at once; what is beyond is answered as not ready (SEC-5).
    static constexpr std::size_t kMax = 1'024;
    static constexpr std::size_t kBytesMax = std::size_t{16} << 20U;

    /// False: there is no room.
    [[nodiscard]] bool push(IncomingRequest request) {
        if (requests_.size() >= kMax || bytes_ + request.body.size() > kBytesMax) return false;
        bytes_ += request.body.size();
        requests_.push_back(std::move(request));
        return true;
    }
    /// Of the request that poll() returns next; nothing: there is none.
    std::optional<std::uint64_t> next_order() const {
        return requests_.empty() ? std::nullopt : std::optional(requests_.front().order);
    }
    std::optional<IncomingRequest> poll() {
        if (requests_.empty()) return std::nullopt;
        IncomingRequest request = std::move(requests_.front());
        requests_.pop_front();
        bytes_ -= request.body.size();
        return request;
    }

  private:
    std::deque<IncomingRequest> requests_;
    std::size_t bytes_ = 0;
};

}  // namespace shunt::farm
