// The engine is not V8, and has neither its heap nor its serializer.
const heap = () => {
  const { rss } = native('system').memory();
  return {
    total_heap_size: rss, total_heap_size_executable: 262144, total_physical_size: rss, total_available_size: Number(require('process').env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE || 128) * 1048576,
    used_heap_size: Math.floor(rss * 0.8), heap_size_limit: Number(require('process').env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE || 128) * 1048576, malloced_memory: 0, peak_malloced_memory: 0, does_zap_garbage: 0,
    number_of_native_contexts: 1, number_of_detached_contexts: 0, total_global_handles_size: 8192, used_global_handles_size: 2112, external_memory: 0,
  };
};
module.exports = require('internal/absent').absent('v8', 'cachedDataVersionTag getHeapSnapshot getHeapStatistics getHeapSpaceStatistics getHeapCodeStatistics setFlagsFromString Serializer+ Deserializer+ DefaultSerializer+ DefaultDeserializer+ deserialize takeCoverage stopCoverage serialize writeHeapSnapshot promiseHooks queryObjects startupSnapshot setHeapSnapshotNearHeapLimit GCProfiler+', {
  cachedDataVersionTag: () => 0, getHeapStatistics: heap, getHeapSpaceStatistics: () => [], setFlagsFromString: () => {}, takeCoverage: () => {}, stopCoverage: () => {},
  promiseHooks: {}, startupSnapshot: { isBuildingSnapshot: () => false }, setHeapSnapshotNearHeapLimit: () => {},
});
