import { expect, it } from 'vitest'
import { contextFiles } from './build-context.ts'

it('has the sources that the build reads, and no tests, modules or bundles', async () => {
  const files = await contextFiles()
  expect(files).toEqual(
    expect.arrayContaining([
      'Dockerfile',
      '.dockerignore',
      'package-lock.json',
      'tsconfig.base.json',
      'apps/operator/src/start.ts',
      'apps/cli/package.json',
      'packages/core/src/index.ts',
      'tools/build/src/application.ts',
    ]),
  )
  expect(
    files.filter((file) => /node_modules|\/dist\/|\.test\.ts$|^apps\/operator\/chart|^e2e\/.*\/src/.test(file)),
  ).toEqual([])
})
