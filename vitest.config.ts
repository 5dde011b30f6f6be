import { CountReporter } from '@ack-secret-manager/build/count-reporter'
import { CanaryReporter } from '@ack-secret-manager/test-support/canary-reporter'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { defineConfig } from 'vitest/config'

const canaries = new CanaryReporter()

/** Files of `cluster` tests share a real API server with those of the same worker; `published` ones need `npm run build`; the rest is `unit`. */
export default defineConfig({
  ssr: { resolve: { conditions: ['@ack-secret-manager/source'] } },
  test: {
    // The first looks for secret values in all that the run put out; a hit counts as a failure.
    reporters: ['default', canaries, new CountReporter(() => (canaries.leaks > 0 ? 1 : 0))],
    // Cluster tests mostly wait, and share the workers with the other projects: three keep two cores busy.
    maxWorkers: Math.max(3, availableParallelism()),
    // Child processes reuse compiled sources: an operator starts in half the CPU time.
    env: { NODE_COMPILE_CACHE: path.join(import.meta.dirname, 'node_modules/.cache/compiled') },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{packages,apps,tools,e2e}/*/src/**/*.test.ts'],
          exclude: ['**/*.{cluster,published}.test.ts', '**/node_modules/**'],
          // Many start a server, a process or a search for RSA keys, on a machine that runs the others too.
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'cluster',
          globalSetup: ['./tools/control-plane/src/global-setup.ts'],
          include: ['{packages,apps,tools,e2e}/*/src/**/*.cluster.test.ts'],
          // Longer than one wait in them, whose message says more.
          testTimeout: 240_000,
          hookTimeout: 300_000,
          // Of tests that say of themselves that they may run at once; they mostly wait.
          maxConcurrency: 16,
        },
      },
      {
        extends: true,
        test: {
          name: 'published',
          include: ['tools/published/src/**/*.published.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
})
