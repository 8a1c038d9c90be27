import { Command, Option } from 'commander'
import { type Caller, createApiKey, listApiKeys, revokeApiKey } from '../domain/access/api-keys.ts'
import type { DatabaseConnection } from '../domain/database/connection.ts'
import { platformId } from '../domain/organizations/read-organizations.ts'
import { withDatabase } from './deployment/with-database.ts'
import { StartFailure } from './stack/failure.ts'

export function keysCommand(): Command {
  const keys = new Command('keys').description('create, list and revoke API keys')
  keys
    .command('create')
    .description('create a key and print it once')
    .argument('<name>', 'the purpose of the key')
    .addOption(
      new Option('-r, --role <role>', 'what the key may see')
        .choices(['platform', 'partner'])
        .default('platform'),
    )
    .option('-o, --organization <id>', 'the partner of the key, with --role partner')
    .action(async (name: string, options: { role: Caller['role']; organization?: string }) =>
      withDatabase((db) => create(db, name, options)),
    )
  keys
    .command('list')
    .description('list all keys by id; only their hashes are stored')
    .action(async () => withDatabase(list))
  keys
    .command('revoke')
    .description('revoke a key at once')
    .argument('<id>', 'the id of the key, as `keys list` prints it')
    .action(async (id: string) => withDatabase((db) => revoke(db, id)))
  return keys
}

async function create(
  db: DatabaseConnection,
  name: string,
  options: { role: Caller['role']; organization?: string },
): Promise<void> {
  const organizationId = options.role === 'platform' ? await platformId(db) : options.organization
  if (organizationId === undefined)
    throw new StartFailure('A partner key needs the id of its partner', 'Give it: --organization org_…')
  const made = await createApiKey(db, { name, role: options.role, organizationId }).catch(
    (error: unknown) => {
      const reason = error instanceof Error ? error.message.replace(/\.$/, '') : 'The key was not created'
      throw new StartFailure(reason, 'See `tenantry keys create --help`')
    },
  )
  console.log(`${made.id}  ${name}\n${made.key}`)
}

async function list(db: DatabaseConnection): Promise<void> {
  for (const key of await listApiKeys(db)) {
    const state = key.revoked_at === null ? 'active' : `revoked ${key.revoked_at.toISOString()}`
    console.log([key.id, key.role.padEnd(8), key.organization_id, state, key.name].join('  '))
  }
}

async function revoke(db: DatabaseConnection, id: string): Promise<void> {
  if (await revokeApiKey(db, id)) console.log(`${id} is revoked.`)
  else throw new StartFailure(`No key has the id ${id}`, 'List the keys: `tenantry keys list`')
}
