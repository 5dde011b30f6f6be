import { readdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { defined } from '@ack-secret-manager/core'
import { expect, it } from 'vitest'
import { type ContractCell, contractTables } from './contract-table.ts'

const cell = (subject: string, rule: string, result: ContractCell['result'], leftOut?: string): ContractCell => ({
  contract: 'SecretBackend',
  subject,
  rule,
  result,
  ...defined({ leftOut }),
})

it('prints rules down, subjects across and the reasons below', () => {
  const table = contractTables([
    cell('oos', 'reads text', 'kept'),
    cell('oos', 'reads binary values', 'left out', 'parameters are text'),
    cell('kms', 'reads text', 'broken'),
    cell('kms', 'reads binary values', 'kept'),
  ])
  expect(table.split('\n')).toEqual([
    'SecretBackend: 2 × 2 rules: 2 kept, 1 broken, 1 left out',
    '  A kms',
    '  B oos',
    '',
    '                     A  B ',
    'reads text           ✗  ✓',
    'reads binary values  ✓  –',
    '',
    '  – oos: parameters are text',
    '',
  ])
})

it('needs no built package, because vitest loads the reporter without the condition for sources', async () => {
  const files = (await readdir(import.meta.dirname)).filter((name) => !name.endsWith('.test.ts'))
  const texts = await Promise.all(files.map((name) => readFile(path.join(import.meta.dirname, name), 'utf8')))
  const imported = texts.flatMap((text) =>
    [...text.matchAll(/^import (?!type ).* from '(.*)'$/gm)].map(([, from]) => from),
  )
  expect(files).toContain('contract-reporter.ts')
  expect(imported.filter((from) => !/^(?:\.\/|node:)/.test(from ?? ''))).toEqual([])
})
