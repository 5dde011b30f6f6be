import { playTables } from './play-table.ts'
import { WITHOUT_POLLING } from './without-polling.ts'
import { withoutPollingPlays } from './without-polling.plays.ts'

playTables([[WITHOUT_POLLING, withoutPollingPlays]], { args: ['--disable-polling', '--polling-interval=1s'] })
