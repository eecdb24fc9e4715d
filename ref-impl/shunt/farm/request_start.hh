// SPDX-License-Identifier: Apache-2.0
// What the beginning of a client's stream says of who should serve it, as far as it is here (SEL-2,
// SEL-5): read in place, once from front to back, and no further than somebody asks. Whether it is
// a right request is for the application to say.
#pragma once

#include <optional>
#include <string_view>

#include "shunt/base/bytes.hh"

namespace shunt::farm {

class RequestStart {
  public:
    /// `bytes` outlive it; nothing behind the head is looked at.
    explicit RequestStart(ByteView bytes);

    /// Of HTTP/1, as it stands in the request line; absent until that line is whole.
    const std::optional<std::string_view>& target() const { return target_; }
    /// The value of the next Cookie field whose line is whole; nothing: there is no more of them
    /// here.
    std::optional<std::string_view> next_cookies();
    /// What may still come says nothing more: this is no request of HTTP/1, or its head was read to
    /// its end.
    bool is_over() const { return is_over_; }

  private:
    std::optional<std::string_view> next_line();
    void pass_over(const char* end);

    std::string_view rest_;
    std::optional<std::string_view> target_;
    bool is_over_ = false;
};

}  // namespace shunt::farm
