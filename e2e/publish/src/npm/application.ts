/** An application of the client, next to copies of the recipes `pg` and `simulator`. Its arguments are the host and the administrator of PostgreSQL. */
export const APPLICATION = `
import pg from 'pg'
import { countOrders, openDatabase } from './pg.example.ts'
import { startTestKms } from './simulator.example.ts'

const [host, admin] = process.argv.slice(2)
const secret = (password) => JSON.stringify({ user: 'app', password })
const administrator = new pg.Pool({ host, user: admin, database: 'postgres', max: 1 })
await administrator.query("create role app login password 'first'; create table orders (id int)")
await administrator.query('insert into orders values (1), (2), (3); grant select on orders to app')
{
  await using test = await startTestKms({ 'shop/db': secret('first') })
  await using db = await openDatabase(test.kms, host)
  console.log(\`\${await countOrders(db)} orders\`)
  // PostgreSQL keeps authenticated connections, so this one is lost.
  const lost = new Promise((resolve) => db.current.once('remove', resolve))
  await administrator.query("alter role app password 'second'")
  await administrator.query("select pg_terminate_backend(pid) from pg_stat_activity where usename = 'app'")
  await lost
  const counting = countOrders(db)
  await test.put('shop/db', secret('second'))
  console.log(\`\${await counting} orders after a rotation\`)
}
await administrator.end()
`
