import { CountReporter } from '@ack-secret-manager/build/count-reporter'
import { KeptWorkers } from '@ack-secret-manager/build/kept-workers'
import { StepReporter } from '@ack-secret-manager/build/step-reporter'
import { TestOrder } from '@ack-secret-manager/build/test-order'
import { CanaryReporter } from '@ack-secret-manager/test-support/canary-reporter'
import { availableParallelism } from 'node:os'
import path from 'node:path'
import { defineConfig } from 'vitest/config'

const canaries = new CanaryReporter()
/** A person follows the rehearsal of a release. */
const { TEST_REPORT, TEST_ANNOTATIONS } = process.env
const progress = TEST_REPORT === 'steps' ? new StepReporter({ annotations: TEST_ANNOTATIONS }) : 'default'

/** A worker that takes a file of the other project continues with its modules later. */
const keptWorkers = new KeptWorkers()

/** Files of `cluster` tests share a real API server with those of the same worker; `published` ones need `npm run build`; the rest is `unit`. */
export default defineConfig({
  ssr: { resolve: { conditions: ['@ack-secret-manager/source'] } },
  test: {
    // The default is a second, which a busy machine exceeds.
    expect: { poll: { timeout: 60_000 } },
    // The canary reporter searches the output of the run for secret values and counts a hit as a failure.
    reporters: [progress, canaries, new CountReporter(() => (canaries.leaks > 0 ? 1 : 0))],
    // Cluster tests mostly wait, so four workers keep two cores busy. Each has an API server of 500 MiB.
    maxWorkers: Math.min(8, Math.max(4, availableParallelism())),
    sequence: { sequencer: TestOrder },
    // Child processes reuse compiled sources, so that an operator starts in half the CPU time.
    env: { NODE_COMPILE_CACHE: path.join(import.meta.dirname, 'node_modules/.cache/compiled') },
    projects: [
      {
        extends: true,
        test: {
          name: 'unit',
          include: ['{packages,apps,tools,e2e}/*/src/**/*.test.ts'],
          exclude: ['**/*.{cluster,published}.test.ts', '**/node_modules/**'],
          // Files share the modules of their worker, which halves the CPU time. So no test may leave global state behind.
          isolate: false,
          pool: keptWorkers,
          // Many tests start a server or a process, or search for RSA keys, while the other projects use the same cores.
          testTimeout: 120_000,
          hookTimeout: 120_000,
        },
      },
      {
        extends: true,
        test: {
          name: 'cluster',
          globalSetup: ['./tools/control-plane/src/global-setup.ts'],
          // As for unit tests: loading the modules of a file took up to three seconds of CPU time.
          isolate: false,
          pool: keptWorkers,
          setupFiles: ['./tools/control-plane/src/stop-leftovers.ts'],
          include: ['{packages,apps,tools,e2e}/*/src/**/*.cluster.test.ts'],
          // Longer than any single wait in a test, because a failed wait reports more than a test timeout.
          testTimeout: 240_000,
          hookTimeout: 300_000,
          // Tests marked as concurrent mostly wait.
          maxConcurrency: 16,
        },
      },
      {
        extends: true,
        test: {
          name: 'published',
          include: ['{tools,e2e}/*/src/**/*.published.test.ts'],
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
})
