import { createApiKey } from '../../domain/access/api-keys.ts'
import type { DatabaseConnection } from '../../domain/database/connection.ts'
import { platformId } from '../../domain/organizations/read-organizations.ts'

/** Creates an API key and makes its header. The default is a platform key. @param partner the organization of a partner key. */
export async function aKeyHeader(
  db: DatabaseConnection,
  partner?: string,
): Promise<{ authorization: string }> {
  const { key } = await createApiKey(db, {
    name: 'key',
    role: partner === undefined ? 'platform' : 'partner',
    organizationId: partner ?? (await platformId(db)),
  })
  return { authorization: `Bearer ${key}` }
}
