// SPDX-License-Identifier: Apache-2.0
// A file descriptor with an owner, and the exception that ends a measurement when the system
// refuses something.
#pragma once

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <stdexcept>
#include <string>
#include <utility>

namespace shunt::bench {

/// Throws `what` with the reason that errno names.
[[noreturn]] inline void fail(const std::string& what) {
    throw std::runtime_error(what + ": " + std::strerror(errno));
}

class Descriptor {
  public:
    Descriptor() = default;
    /// Takes what a call returned; throws `what` where that is negative.
    Descriptor(int number, const char* what) : number_(number) {
        if (number < 0) fail(what);
    }
    Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
    Descriptor& operator=(Descriptor&& other) noexcept {
        std::swap(number_, other.number_);
        return *this;
    }
    Descriptor(const Descriptor&) = delete;
    Descriptor& operator=(const Descriptor&) = delete;
    ~Descriptor() { reset(); }

    int number() const { return number_; }
    void reset() {
        if (number_ >= 0) ::close(number_);
        number_ = -1;
    }

  private:
    int number_ = -1;
};

}  // namespace shunt::bench
