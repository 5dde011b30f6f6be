import { readFileSync } from 'node:fs'
import { expect, it } from 'vitest'
import { RBAC_PAGE, rbacPage } from './rbac-page.ts'

it('docs/reference/rbac.md is up to date (npm run generate -w e2e/rbac)', () => {
  expect(readFileSync(RBAC_PAGE, 'utf8')).toBe(rbacPage())
})
