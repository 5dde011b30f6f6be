import { defineConfig } from 'vitest/config'

/** Tests that must find the mutants of `npm run mutation`: they start no process and read no clock. */
export default defineConfig({
  ssr: { resolve: { conditions: ['@ack-secret-manager/source'] } },
  test: {
    include: [
      'packages/sync-engine/src/{decide,assemble,report}/**/*.test.ts',
      'packages/k8s-writer/src/{cache,write}/**/*.test.ts',
    ],
    exclude: ['**/*.cluster.test.ts', '**/node_modules/**'],
  },
})
