// SPDX-License-Identifier: Apache-2.0
// How long what a node sends may be, on each of its links.
#pragma once

#include <cstddef>

namespace shunt::node {

/// Largest IP packet on each link.
struct LinkMtus {
    std::size_t front = 1500;
    std::size_t back = 1500;
    /// FramePort::train_max() of the front link: what connections send leaves by it.
    std::size_t front_train = 0;
};

}  // namespace shunt::node
