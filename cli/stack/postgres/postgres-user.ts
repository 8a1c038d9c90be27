import { execaSync } from 'execa'
import { StartFailure } from '../failure.ts'

export interface SystemUser {
  uid: number
  gid: number
}

/** Postgres refuses to run as root. It then runs as this user, which many systems have. */
const userName = 'postgres'

/** Undefined for the present user. @throws StartFailure when root has no other user, and it cannot be created. */
export function postgresUser(): SystemUser | undefined {
  if (process.getuid?.() !== 0) return undefined
  const user = lookUp(userName) ?? createUser() ?? lookUp('nobody')
  if (user !== undefined) return user
  throw new StartFailure(
    `Postgres does not run as root, and the user "${userName}" could not be created`,
    `Create the user ${userName}, run as another user, or set DATABASE_URL`,
  )
}

/** True when the user, by default the present one, may run the program or enter the folder. */
export function mayEnter(user: SystemUser | undefined, path: string): boolean {
  return !execaSync('test', ['-x', path], { ...user, cwd: '/', reject: false }).failed
}

function createUser(): SystemUser | undefined {
  const asSystem = ['--system', userName]
  execaSync('groupadd', asSystem, { reject: false })
  const alone = ['--no-create-home', '--gid', userName, '--shell', '/bin/false']
  execaSync('useradd', [...alone, ...asSystem], { reject: false })
  return lookUp(userName)
}

function lookUp(name: string): SystemUser | undefined {
  const uid = idOf('-u', name)
  const gid = idOf('-g', name)
  return uid === undefined || gid === undefined ? undefined : { uid, gid }
}

function idOf(kind: '-u' | '-g', name: string): number | undefined {
  const { failed, stdout } = execaSync('id', [kind, name], { reject: false })
  return failed ? undefined : Number(stdout)
}
