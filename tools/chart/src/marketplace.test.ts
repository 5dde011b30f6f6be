import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { useHelm } from './programs/use-helm.ts'
import { ROOT } from './root.ts'

const read = (path: string): { readonly command: Record<string, unknown> } =>
  parse(readFileSync(new URL(path, ROOT), 'utf8')) as { command: Record<string, unknown> }
const { command, ...others } = read('deploy/values/marketplace.yaml')

const helm = useHelm()

it('the marketplace asks for four values', () => {
  expect(others).toEqual({})
  expect(Object.keys(command)).toEqual(['backend', 'region', 'disablePolling', 'pollingInterval'])
})

it('each of them changes only its flag', async () => {
  const args = async (given: Record<string, unknown>): Promise<string[]> => {
    const text = await helm.template({ release: 'dry', namespace: 'default', values: { command: given } })
    return [...text.matchAll(/^ +- "(--[^"]+)"$/gm)].map(([, flag = '']) => flag)
  }
  const expected = [
    '--backend=alicloud-kms',
    '--region=cn-hangzhou',
    '--disable-polling=false',
    '--polling-interval=120s',
  ]
  const preset = await args(command)
  expect(preset.filter((flag) => expected.includes(flag)).toSorted()).toEqual(expected.toSorted())
  const changed = await args({ region: 'cn-beijing', disablePolling: true, pollingInterval: '5m' })
  expect(changed.filter((flag) => !preset.includes(flag))).toEqual([
    '--disable-polling=true',
    '--polling-interval=5m',
    '--region=cn-beijing',
  ])
})
