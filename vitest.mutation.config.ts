import { defineConfig } from 'vitest/config'

/** Tests that must find the mutants of `npm run mutation`. They start no process, and take seconds together. */
export default defineConfig({
  ssr: { resolve: { conditions: ['@ack-secret-manager/source'] } },
  test: {
    // A run takes a third of the CPU time. No test changes global state.
    isolate: false,
    // Stryker has its own deadline for mutants that hang.
    testTimeout: 120_000,
    include: [
      'packages/sync-engine/src/{assemble,decide,ownership,queue,reconcile,report}/**/*.test.ts',
      'packages/sync-engine/src/sync-engine.*test.ts',
      'packages/sync-engine/src/sources/source-pool.*test.ts',
      'packages/k8s-writer/src/{cache,content-checks,drift,write}/**/*.test.ts',
    ],
    exclude: ['**/*.cluster.test.ts', '**/source-pool.{limits,model,schedule}.test.ts', '**/node_modules/**'],
  },
})
