// SPDX-License-Identifier: Apache-2.0
// Steps and states in words.
#pragma once

#include <string>

#include "model/ownership/ownership.hh"

namespace model::ownership {

/// A line for each step, with the state that it leads to.
std::string describe(const World& world, const Step& step);

}  // namespace model::ownership
