// Go's pkg/sftp under the requests of README.md. Names are bytes in Go, as they are in SFTP.
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"path"
	"strconv"
	"strings"
	"time"

	"github.com/pkg/sftp"
	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/knownhosts"
)

var connection *ssh.Client
var client *sftp.Client

type request func(words []string) ([]string, error)

func connect(words []string) ([]string, error) {
	host, port, user, method, secret := words[0], words[1], words[2], words[3], words[4]
	known, err := knownhosts.New(words[5])
	if err != nil {
		return nil, err
	}
	rekeyBytes, err := strconv.ParseUint(words[6], 10, 64)
	if err != nil {
		return nil, err
	}
	auth := ssh.Password(secret)
	if method == "key" {
		text, err := os.ReadFile(secret)
		if err != nil {
			return nil, err
		}
		signer, err := ssh.ParsePrivateKey(text)
		if err != nil {
			return nil, err
		}
		auth = ssh.PublicKeys(signer)
	}
	config := &ssh.ClientConfig{
		Config:            ssh.Config{RekeyThreshold: rekeyBytes},
		User:              user,
		Auth:              []ssh.AuthMethod{auth},
		HostKeyCallback:   known,
		HostKeyAlgorithms: []string{ssh.KeyAlgoED25519},
	}
	connection, err = ssh.Dial("tcp", net.JoinHostPort(host, port), config)
	if err != nil {
		return nil, err
	}
	client, err = sftp.NewClient(connection)
	return nil, err
}

func copyBetween(target io.WriteCloser, source io.ReadCloser) error {
	defer source.Close()
	_, err := io.Copy(target, source)
	if closing := target.Close(); err == nil {
		err = closing
	}
	return err
}

func upload(words []string) ([]string, error) {
	source, err := os.Open(words[0])
	if err != nil {
		return nil, err
	}
	target, err := client.Create(words[1])
	if err != nil {
		return nil, err
	}
	return nil, copyBetween(target, source)
}

func download(words []string) ([]string, error) {
	source, err := client.Open(words[0])
	if err != nil {
		return nil, err
	}
	target, err := os.Create(words[1])
	if err != nil {
		return nil, err
	}
	return nil, copyBetween(target, source)
}

func resumeUpload(words []string) ([]string, error) {
	source, err := os.Open(words[0])
	if err != nil {
		return nil, err
	}
	target, err := client.OpenFile(words[1], os.O_WRONLY)
	if err != nil {
		return nil, err
	}
	at, err := target.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, err
	}
	if _, err := source.Seek(at, io.SeekStart); err != nil {
		return nil, err
	}
	return nil, copyBetween(target, source)
}

func resumeDownload(words []string) ([]string, error) {
	source, err := client.Open(words[0])
	if err != nil {
		return nil, err
	}
	target, err := os.OpenFile(words[1], os.O_WRONLY, 0)
	if err != nil {
		return nil, err
	}
	at, err := target.Seek(0, io.SeekEnd)
	if err != nil {
		return nil, err
	}
	if _, err := source.Seek(at, io.SeekStart); err != nil {
		return nil, err
	}
	return nil, copyBetween(target, source)
}

func list(words []string) ([]string, error) {
	entries, err := client.ReadDir(words[0])
	var names []string
	for _, entry := range entries {
		kind := "f"
		if entry.IsDir() {
			kind = "d"
		}
		names = append(names, kind+entry.Name())
	}
	return names, err
}

func deleteTree(words []string) ([]string, error) {
	entries, err := client.ReadDir(words[0])
	if err != nil {
		return nil, err
	}
	for _, entry := range entries {
		inner := path.Join(words[0], entry.Name())
		if entry.IsDir() {
			_, err = deleteTree([]string{inner})
		} else {
			err = client.Remove(inner)
		}
		if err != nil {
			return nil, err
		}
	}
	return nil, client.RemoveDirectory(words[0])
}

func chmod(words []string) ([]string, error) {
	mode, err := strconv.ParseUint(words[1], 8, 32)
	if err != nil {
		return nil, err
	}
	return nil, client.Chmod(words[0], os.FileMode(mode))
}

// walk is Client.Walk, which a tree of links must not lead astray.
func walk(words []string) ([]string, error) {
	var found []string
	walker := client.Walk(words[0])
	for walker.Step() {
		if walker.Err() != nil {
			return nil, walker.Err()
		}
		found = append(found, walker.Path())
	}
	return found, nil
}

func mkdirAll(words []string) ([]string, error) {
	return nil, client.MkdirAll(words[0])
}

// facts are what the client makes of STAT, STATVFS and READLINK.
func facts(words []string) ([]string, error) {
	if err := client.Truncate(words[0], 7); err != nil {
		return nil, err
	}
	if err := client.Chtimes(words[0], time.Unix(1_000_000_000, 0), time.Unix(1_234_567_890, 0)); err != nil {
		return nil, err
	}
	info, err := client.Stat(words[0])
	if err != nil {
		return nil, err
	}
	space, err := client.StatVFS(path.Dir(words[0]))
	if err != nil {
		return nil, err
	}
	return []string{
		strconv.FormatInt(info.Size(), 10),
		strconv.FormatInt(info.ModTime().Unix(), 10),
		strconv.FormatBool(space.TotalSpace() > 0),
	}, nil
}

// extensions tells which of the named extensions the client has seen advertised.
func extensions(words []string) ([]string, error) {
	var seen []string
	for _, name := range words {
		data, isThere := client.HasExtension(name)
		seen = append(seen, fmt.Sprintf("%v:%s", isThere, data))
	}
	return seen, nil
}

// errors are the names that Go's programs test for: os.ErrNotExist and its like.
func kinds(words []string) ([]string, error) {
	_, missing := client.Stat(words[0] + "/missing")
	_, exists := client.OpenFile(words[0]+"/file", os.O_WRONLY|os.O_CREATE|os.O_EXCL)
	notEmpty := client.RemoveDirectory(words[0])
	return []string{
		strconv.FormatBool(os.IsNotExist(missing)),
		fmt.Sprint(exists),
		fmt.Sprint(notEmpty),
	}, nil
}

// concurrent uploads and downloads with sixty-four packets of the largest size under way, as rclone does.
func concurrent(words []string) ([]string, error) {
	wide, err := sftp.NewClient(connection, sftp.MaxPacketUnchecked(255*1024), sftp.UseConcurrentWrites(true),
		sftp.UseConcurrentReads(true), sftp.MaxConcurrentRequestsPerFile(64))
	if err != nil {
		return nil, err
	}
	defer wide.Close()
	sizeBytes, err := strconv.Atoi(words[1])
	if err != nil {
		return nil, err
	}
	content := make([]byte, sizeBytes)
	for at := range content {
		content[at] = byte(at>>16 + at>>8 + at)
	}
	target, err := wide.Create(words[0])
	if err != nil {
		return nil, err
	}
	if err := copyBetween(target, io.NopCloser(bytes.NewReader(content))); err != nil {
		return nil, err
	}
	source, err := wide.Open(words[0])
	if err != nil {
		return nil, err
	}
	defer source.Close()
	var back bytes.Buffer
	if _, err := source.WriteTo(&back); err != nil {
		return nil, err
	}
	return []string{strconv.FormatBool(bytes.Equal(content, back.Bytes()))}, nil
}

var requests = map[string]request{
	"connect":         connect,
	"upload":          upload,
	"download":        download,
	"resume-upload":   resumeUpload,
	"resume-download": resumeDownload,
	"list":            list,
	"delete":          func(words []string) ([]string, error) { return nil, client.Remove(words[0]) },
	"delete-tree":     deleteTree,
	"rename":          func(words []string) ([]string, error) { return nil, client.PosixRename(words[0], words[1]) },
	"plain-rename":    func(words []string) ([]string, error) { return nil, client.Rename(words[0], words[1]) },
	"mkdir":           func(words []string) ([]string, error) { return nil, client.Mkdir(words[0]) },
	"chmod":           chmod,
	"link":            func(words []string) ([]string, error) { return nil, client.Symlink(words[0], words[1]) },
	"hard-link":       func(words []string) ([]string, error) { return nil, client.Link(words[0], words[1]) },
	"walk":            walk,
	"mkdir-all":       mkdirAll,
	"facts":           facts,
	"extensions":      extensions,
	"kinds":           kinds,
	"concurrent":      concurrent,
}

func answer(line string) []string {
	words := strings.Split(line, " ")
	for at, word := range words {
		decoded, err := url.PathUnescape(word)
		if err != nil {
			return []string{"error", err.Error()}
		}
		words[at] = decoded
	}
	result, err := requests[words[0]](words[1:])
	if err != nil {
		return []string{"error", err.Error()}
	}
	return append([]string{"ok"}, result...)
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	for lines.Scan() {
		words := answer(lines.Text())
		for at, word := range words {
			words[at] = url.PathEscape(word)
		}
		fmt.Println(strings.Join(words, " "))
	}
}
