import { writeFileSync } from 'node:fs'
import { VALUES_PAGE, valuesPage } from './values-page.ts'

writeFileSync(VALUES_PAGE, valuesPage())
