import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { MESSAGES_PAGE, messagesMarkdown } from './messages/messages-page.ts'
import { ROOT } from './workspaces.ts'

writeFileSync(path.join(ROOT, MESSAGES_PAGE), messagesMarkdown())
