// SPDX-License-Identifier: Apache-2.0
// What the user may have meant: the known word nearest to a mistyped one.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

namespace shunt::runtime {

/// Insertions, deletions, substitutions and swaps of neighbours that turn one word into the other.
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The nearest of `known`, if it is near enough to be meant: at most a third of the letters
/// differ, at least one may; else an empty view.
std::string_view nearest(std::string_view word, std::span<const std::string_view> known);

}  // namespace shunt::runtime
