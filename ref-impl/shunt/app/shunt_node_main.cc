// SPDX-License-Identifier: Apache-2.0
// shunt-node: one server of a farm.
#include "shunt/app/node_options.hh"
#include "shunt/app/node_program.hh"
#include "shunt/app/program.hh"

int main(int count, char** values) {
    return shunt::app::run_program(
        "shunt-node", count, values, shunt::app::parse_node_options,
        [](const shunt::app::NodeOptions& options) { return shunt::app::run_node(options); });
}
