import { writeFileSync } from 'node:fs'
import { RBAC_PAGE, rbacPage } from './rbac-page.ts'

writeFileSync(RBAC_PAGE, rbacPage())
