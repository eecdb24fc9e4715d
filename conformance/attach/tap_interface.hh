// SPDX-License-Identifier: Apache-2.0
/// The interface that stands behind tap:NAME, for a device that is a process with a tap of its own.
#pragma once

#include <string>

namespace conform {

/// Makes a persistent tap called NAME if none exists, and sets it up without addresses, so that the
/// kernel on this side stays silent. One that it has made is removed with the object.
class TapInterface {
  public:
    /// Throws UsageError where the privilege is missing.
    explicit TapInterface(std::string name);
    TapInterface(const TapInterface&) = delete;
    TapInterface& operator=(const TapInterface&) = delete;
    ~TapInterface();

  private:
    std::string name_;
    bool is_made_here_ = false;
};

}  // namespace conform
