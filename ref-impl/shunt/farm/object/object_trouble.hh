// SPDX-License-Identifier: Apache-2.0
// Why an object was not made, or a call of it has no result: what its asker is told (OBJ-2).
#pragma once

#include <cstdint>
#include <string>

namespace shunt::farm {

enum class ObjectFailure : std::uint8_t {
    UnknownClass,   // no server that was asked has it
    NoServer,       // who has it makes no object now, or nobody could be asked
    Refused,        // the class makes no object of these arguments
    UnknownObject,  // this node has given nobody such a handle, or it was released
    Gone,           // the object has ended, or its server is lost
    Failed,         // the call was made, and has no result
    TimedOut,       // no answer in time: the call may have been made
    Busy            // too much is under way here (SEC-5)
};

struct ObjectTrouble {
    ObjectFailure failure = ObjectFailure::Failed;
    std::string text;
};

}  // namespace shunt::farm
