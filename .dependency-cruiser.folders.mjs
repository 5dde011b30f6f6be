import base from './.dependency-cruiser.mjs'

/** Depths of folders below `src`. */
const PARENTS = ['', '/[^/]+', '/[^/]+/[^/]+']

/** Folders of one parent do not import each other in a circle. A configuration of its own, because tests may import any folder. */
export default {
  forbidden: PARENTS.map((parent) => ({
    name: 'folders-one-way',
    severity: 'error',
    scope: 'folder',
    // In the chaos test, a run starts faults and workload, which act on the environment of the run.
    from: { path: `^([^/]+/[^/]+/src${parent})/[^/]+$`, pathNot: '^e2e/chaos/' },
    to: { path: '^$1/[^/]+$', circular: true },
  })),
  options: { ...base.options, exclude: { path: '/dist/|\\.test\\.ts$|/testing/' } },
}
