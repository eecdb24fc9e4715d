// SPDX-License-Identifier: Apache-2.0
// The URL map: which servers a request target belongs to, by the longest prefix (SEL-2, S002 c7).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "shunt/farm/farm_config.hh"

namespace shunt::farm {

class UrlMap {
  public:
    /// From a validated configuration.
    explicit UrlMap(const FarmConfig& config);

    /// The servers of the longest prefix that `target` begins with, in the order of its rule; empty
    /// if there is none. Characters are compared as they are: case counts and nothing is decoded.
    /// Of an absolute URI (RFC 9112 3.2.2) the part behind the authority counts.
    std::span<const ServerId> servers_for(std::string_view target) const;

  private:
    struct Entry {
        std::string prefix;
        std::vector<ServerId> servers;
    };
    std::vector<Entry> entries_;  // longest prefix first
};

/// Path and query of a request target in any of the forms of RFC 9112 3.2: "http://h/a?b" is
/// "/a?b", "http://h" and "http://h?b" are "/", others are themselves.
std::string_view path_of(std::string_view target);

}  // namespace shunt::farm
