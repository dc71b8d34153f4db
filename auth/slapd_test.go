package auth_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	osexec "os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

// ldapServer is an OpenLDAP server of the test's own.
type ldapServer struct {
	plain, tls string // addresses: ldap://…, ldaps://…
	ca         string // file with the certificate that signed the server's
	cmd        *osexec.Cmd
}

// people of the directory, whose accounts have the passwords "<uid> secret".
// Two share an address; crowd is in a group by memberUid alone.
const directoryLDIF = `dn: dc=example,dc=com
objectClass: dcObject
objectClass: organization
o: Example
dc: example

dn: ou=people,dc=example,dc=com
objectClass: organizationalUnit
ou: people

dn: ou=groups,dc=example,dc=com
objectClass: organizationalUnit
ou: groups

dn: cn=searcher,dc=example,dc=com
objectClass: organizationalRole
objectClass: simpleSecurityObject
cn: searcher
userPassword: searcher secret

dn: uid=Alice,ou=people,dc=example,dc=com
objectClass: inetOrgPerson
uid: Alice
cn: Alice (of *Wonder*)
sn: A
mail: alice@example.com
userPassword: alice secret

dn: cn=bob\2C the builder,ou=people,dc=example,dc=com
objectClass: inetOrgPerson
uid: bob
cn: bob, the builder
sn: B
mail: shared@example.com
userPassword: bob secret

dn: uid=carol,ou=people,dc=example,dc=com
objectClass: inetOrgPerson
uid: carol
cn: carol
sn: C
mail: shared@example.com
userPassword: carol secret

dn: uid=john.smith,ou=people,dc=example,dc=com
objectClass: inetOrgPerson
uid: john.smith
cn: john
sn: S
userPassword: john.smith secret

dn: uid=nopass,ou=people,dc=example,dc=com
objectClass: inetOrgPerson
uid: nopass
cn: nopass
sn: N

dn: cn=admins,ou=groups,dc=example,dc=com
objectClass: groupOfNames
cn: admins
member: uid=Alice,ou=people,dc=example,dc=com

dn: cn=surveyors,ou=groups,dc=example,dc=com
objectClass: groupOfUniqueNames
cn: surveyors
uniqueMember: cn=bob\2C the builder,ou=people,dc=example,dc=com
uniqueMember: uid=Alice,ou=people,dc=example,dc=com

dn: cn=crew,ou=groups,dc=example,dc=com
objectClass: posixGroup
cn: crew
gidNumber: 1000
memberUid: bob
`

// startLDAP runs slapd until the test ends. People may read nothing but
// themselves and the groups; the searcher reads all.
func startLDAP(t *testing.T) *ldapServer {
	t.Helper()
	dir := t.TempDir()
	s := &ldapServer{ca: filepath.Join(dir, "ca.pem")}
	writeCertificates(t, dir)
	require.NoError(t, os.Mkdir(filepath.Join(dir, "db"), 0o700))
	write(t, filepath.Join(dir, "people.ldif"), directoryLDIF)
	write(t, filepath.Join(dir, "slapd.conf"), strings.ReplaceAll(`
include /etc/ldap/schema/core.schema
include /etc/ldap/schema/cosine.schema
include /etc/ldap/schema/nis.schema
include /etc/ldap/schema/inetorgperson.schema
pidfile DIR/pid
modulepath /usr/lib/ldap
moduleload back_mdb
TLSCACertificateFile DIR/ca.pem
TLSCertificateFile DIR/server.pem
TLSCertificateKeyFile DIR/server.key
database mdb
maxsize 10485760
suffix dc=example,dc=com
directory DIR/db
access to attrs=userPassword by anonymous auth by * none
access to dn.subtree=ou=groups,dc=example,dc=com by users read by * none
access to * by dn.exact=cn=searcher,dc=example,dc=com read by self read by anonymous auth by * none
`, "DIR", dir))
	// A packaged AppArmor profile confines slapd where it was installed.
	slapd := filepath.Join(dir, "slapd")
	program, err := os.ReadFile("/usr/sbin/slapd")
	require.NoError(t, err, "make setup installs it")
	require.NoError(t, os.WriteFile(slapd, program, 0o755))
	add := osexec.Command(slapd, "-Tadd", "-f", filepath.Join(dir, "slapd.conf"), "-l", filepath.Join(dir, "people.ldif"))
	out, err := add.CombinedOutput()
	require.NoError(t, err, string(out))

	s.plain, s.tls = "ldap://"+freePort(t), "ldaps://"+freePort(t)
	s.cmd = osexec.Command(slapd, "-d", "0", "-f", filepath.Join(dir, "slapd.conf"), "-h", s.plain+" "+s.tls)
	s.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	require.NoError(t, s.cmd.Start())
	t.Cleanup(s.stop)
	require.Eventually(t, func() bool {
		conn, err := net.Dial("tcp", strings.TrimPrefix(s.tls, "ldaps://"))
		if err == nil {
			conn.Close()
		}
		return err == nil
	}, 20*time.Second, 10*time.Millisecond)
	return s
}

func (s *ldapServer) stop() {
	if s.cmd.ProcessState == nil {
		s.cmd.Process.Kill()
		s.cmd.Wait()
	}
}

func freePort(t *testing.T) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	return listener.Addr().String()
}

func write(t *testing.T, file, text string) {
	t.Helper()
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
}

// writeCertificates makes a certificate authority and a server certificate of
// it for 127.0.0.1.
func writeCertificates(t *testing.T, dir string) {
	t.Helper()
	issue := func(name string, serial int64, parent *x509.Certificate, signer *ecdsa.PrivateKey) (*x509.Certificate, *ecdsa.PrivateKey) {
		key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
		require.NoError(t, err)
		template := &x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: name},
			NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), BasicConstraintsValid: true}
		if parent == nil {
			template.IsCA, template.KeyUsage, parent, signer = true, x509.KeyUsageCertSign, template, key
		} else {
			template.IPAddresses = []net.IP{net.IPv4(127, 0, 0, 1)}
		}
		der, err := x509.CreateCertificate(rand.Reader, template, parent, &key.PublicKey, signer)
		require.NoError(t, err)
		certificate, err := x509.ParseCertificate(der)
		require.NoError(t, err)
		write(t, filepath.Join(dir, fmt.Sprint(name, ".pem")), string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))
		private, err := x509.MarshalPKCS8PrivateKey(key)
		require.NoError(t, err)
		write(t, filepath.Join(dir, fmt.Sprint(name, ".key")), string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})))
		return certificate, key
	}
	ca, key := issue("ca", 1, nil, nil)
	issue("server", 2, ca, key)
}
