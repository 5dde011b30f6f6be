import * as sdk from '@alicloud/credentials'
import { expect, it } from 'vitest'
import { withNames } from './sdk-modules.ts'

it.each([
  ['names, as Node gives them', sdk],
  ['a default only, as a bundle gives it', { default: sdk } as unknown as typeof sdk],
])('takes the exports of the SDK from %s', (_what, module) => {
  const name = 'CLIProfileCredentialsProvider'
  expect(withNames(module, name)[name]).toBe(sdk[name])
})
