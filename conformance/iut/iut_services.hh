// SPDX-License-Identifier: Apache-2.0
/// The part of iut.toml about what a farm does besides moving connections: sessions and objects.
#pragma once

#include <string>

#include "iut/iut.hh"
#include "iut/iut_reader.hh"

namespace conform {

/// Throws IutFileError where an option is claimed without another that it means nothing without.
void require_companions(IutReader& ics, const Statement& statement);

/// Tables `session` and `objects` of `ixit`. `file` is the path of iut.toml: that of the secret is
/// relative to it. Throws IutFileError, also where an option is claimed and its table says too
/// little to judge it.
void read_services(IutReader& ixit, const std::string& file, Iut& iut);

}  // namespace conform
