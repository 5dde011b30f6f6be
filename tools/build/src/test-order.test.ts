import { existsSync } from 'node:fs'
import path from 'node:path'
import { expect, it } from 'vitest'
import { keepsCoreBusy, LONG_FILES, spread } from './test-order.ts'

const costOf = (file: string) => ({ project: file.slice(0, 1), seconds: Number(file.slice(1)) })

it('starts long files first and spreads each project over the run', () => {
  const files = ['c30', 'u1', 'c60', 'u1', 'u1', 'c30', 'u1']
  expect(spread(files, costOf, 1)).toEqual(['c60', 'u1', 'u1', 'c30', 'u1', 'c30', 'u1'])
})

it('keeps the files of each project together if there are few, those without a cluster first', () => {
  expect(spread(['u1', 'c10', 'c20', 'u1'], costOf)).toEqual(['u1', 'u1', 'c20', 'c10'])
})

it.each([
  ['packages/go-template/src/render.test.ts', true],
  ['packages/client/src/connection.test.ts', false],
  ['apps/cli/src/main.test.ts', false],
  ['packages/k8s-client/src/client.cluster.test.ts', true],
])('takes a worker for each core if all tests compute: %s', (file, expected) => {
  expect(keepsCoreBusy(path.normalize(file))).toBe(expected)
})

it.each(Object.keys(LONG_FILES))('knows a file that exists: %s', (file) => {
  expect(existsSync(path.join(import.meta.dirname, '../../..', file))).toBe(true)
})
