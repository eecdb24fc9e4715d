// SPDX-License-Identifier: Apache-2.0
// Places for connections whose handshake is not complete (RFC 4987 2): a listener makes no more of
// them, so that a flood of SYNs takes no more memory than this.
#pragma once

#include <cstddef>
#include <optional>
#include <utility>

namespace shunt::tcp {

class Backlog {
  public:
    /// One place, given back when it dies. The backlog outlives its places.
    class Place {
      public:
        Place(Place&& other) noexcept : backlog_(std::exchange(other.backlog_, nullptr)) {}
        Place& operator=(Place&& other) noexcept {
            std::swap(backlog_, other.backlog_);
            return *this;
        }
        Place(const Place&) = delete;
        Place& operator=(const Place&) = delete;
        ~Place() {
            if (backlog_ != nullptr) --backlog_->taken_;
        }

      private:
        friend class Backlog;
        explicit Place(Backlog& backlog) : backlog_(&backlog) { ++backlog.taken_; }
        Backlog* backlog_;
    };

    explicit Backlog(std::size_t places) : places_(places) {}
    Backlog(const Backlog&) = delete;
    Backlog& operator=(const Backlog&) = delete;

    /// Nothing if all are taken.
    std::optional<Place> take() {
        if (taken_ == places_) return std::nullopt;
        return Place(*this);
    }
    std::size_t taken() const { return taken_; }

  private:
    std::size_t places_;
    std::size_t taken_ = 0;
};

}  // namespace shunt::tcp
