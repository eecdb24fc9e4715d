// SPDX-License-Identifier: Apache-2.0
// Why a connection is not moved now (docs/protocol/endpoint.md; docs/interfaces.md, verb migrate).
#pragma once

#include <cstdint>

namespace shunt::migrate::endpoint {

/// Why a connection is not offered to a server now. It stays where it is.
enum class MoveRefusal : std::uint8_t {
    NotUnbound,          // base moves endpoints before an application is bound (EP-18)
    Outstanding,         // something sent is unacknowledged (EP-18)
    AlreadyMoving,       // an attempt is under way
    TargetIsSelf,        // the home need not move it to itself
    ForwardTableFull,    // TAB-2: serve locally
    NoFlowIdentifier,    // BL-10, SEC-5
    OfferedLately,       // EP-18
    ClientInFarm,        // EP-29
    TemporaryTableFull,  // of an endpoint in use, which goes there while it moves
    Over,                // TIME-WAIT stays where it is (TCP-15)
    Bound,               // the application cannot go on elsewhere (EP-49)
    QueuesTooLong,       // EP-41
    NotReleased,         // the home has not released it (EP-13)
    NotItsHome           // an owner moves it back to its home alone (EP-47)
};

/// The refusal in words, as the control socket prints it.
const char* describe(MoveRefusal refusal);

}  // namespace shunt::migrate::endpoint
