#pragma once
// Regions of POPE items from COCO instances.
#include <filesystem>

#include "pipeline/items/coco.hpp"
#include "pipeline/items/table_builder.hpp"

namespace vrp {

/// Region of one annotation; a run-length mask (crowd) or a missing outline leaves the box alone.
Region region_of(const CocoInstances& instances, const CocoAnnotation& annotation,
                 const CocoPolygons& polygons);

/// Every row answered "yes" gets the annotations of its type (the asked category) in its image;
/// images match by file name without folders. Rows without one keep no region, and the builder is
/// warned with their number.
void add_pope_regions(TableBuilder& builder, const std::filesystem::path& instances_file);

}  // namespace vrp
