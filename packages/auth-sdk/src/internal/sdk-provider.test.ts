import * as sdk from '@alicloud/credentials'
import { expect, it } from 'vitest'
import { withNames } from './sdk-provider.ts'

it.each([
  ['names, as Node gives them', sdk],
  ['a default only, as a bundle gives it', { default: sdk }],
])('takes the exports of the SDK from %s', (_what, module) => {
  expect(withNames(module).CLIProfileCredentialsProvider).toBe(sdk.CLIProfileCredentialsProvider)
})
