// SPDX-License-Identifier: Apache-2.0
// A value or the reason why there is none: what parsing bytes from the network returns.
#pragma once

#include <utility>
#include <variant>

#include "shunt/base/assert.hh"

namespace shunt {

/// The failing alternative, named so that Result<T, E> can hold equal types.
template <typename E>
struct Failure {
    E error;
};
template <typename E>
Failure(E) -> Failure<E>;

template <typename T, typename E>
class [[nodiscard]] Result {
  public:
    Result(T value) : content_(std::in_place_index<0>, std::move(value)) {}
    Result(Failure<E> failure) : content_(std::in_place_index<1>, std::move(failure.error)) {}

    explicit operator bool() const { return content_.index() == 0; }

    T& operator*() { return checked(); }
    const T& operator*() const { return const_cast<Result*>(this)->checked(); }
    T* operator->() { return &checked(); }
    const T* operator->() const { return &**this; }

    const E& error() const {
        SHUNT_ASSERT(content_.index() == 1, "error() is asked of a failure only");
        return *std::get_if<1>(&content_);
    }

  private:
    T& checked() {
        SHUNT_ASSERT(content_.index() == 0, "a Result is tested before it is used");
        return *std::get_if<0>(&content_);
    }

    std::variant<T, E> content_;
};

}  // namespace shunt
