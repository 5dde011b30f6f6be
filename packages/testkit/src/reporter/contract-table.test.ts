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
