// SPDX-License-Identifier: Apache-2.0
// Classes that shunt-node has of itself, to be of use and to show what an object is (OBJ-3,
// docs/objects.md): `counter` adds numbers, `store` keeps values by key.
#pragma once

#include "shunt/node/objects.hh"

namespace shunt::node {

/// Called once for each node, before anybody asks for an object.
void register_built_in_classes(Objects& objects);

}  // namespace shunt::node
