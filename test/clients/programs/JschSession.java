// JSch's ChannelSftp under the requests of README.md. JSch takes most paths as globs, the local ones of
// uploads too, so that each is quoted first.

import com.jcraft.jsch.ChannelSftp;
import com.jcraft.jsch.JSch;
import com.jcraft.jsch.Session;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.net.URLDecoder;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Vector;

public class JschSession {
  private static Session session;
  private static ChannelSftp sftp;

  public static void main(String[] arguments) throws Exception {
    PrintStream output = new PrintStream(System.out, true, StandardCharsets.UTF_8);
    BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
    for (String line = input.readLine(); line != null; line = input.readLine()) {
      List<String> words = new ArrayList<>();
      for (String word : line.split(" ", -1)) words.add(URLDecoder.decode(word, StandardCharsets.UTF_8));
      List<String> answer = new ArrayList<>();
      try {
        answer.add("ok");
        answer.addAll(run(words.get(0), words.subList(1, words.size())));
      } catch (Exception error) {
        answer = List.of("error", error.toString());
      }
      StringBuilder text = new StringBuilder();
      for (String word : answer) text.append(' ').append(encode(word));
      output.println(text.substring(1));
    }
  }

  private static List<String> run(String verb, List<String> words) throws Exception {
    switch (verb) {
      case "version": return List.of("JSch " + JSch.VERSION + ", Java " + System.getProperty("java.version"));
      case "connect": connect(words); break;
      case "upload": sftp.put(quoted(words.get(0)), quoted(words.get(1)), ChannelSftp.OVERWRITE); break;
      case "download": sftp.get(quoted(words.get(0)), words.get(1), null, ChannelSftp.OVERWRITE); break;
      case "resume-upload": sftp.put(quoted(words.get(0)), quoted(words.get(1)), ChannelSftp.RESUME); break;
      case "resume-download": sftp.get(quoted(words.get(0)), words.get(1), null, ChannelSftp.RESUME); break;
      case "append": sftp.put(quoted(words.get(0)), quoted(words.get(1)), ChannelSftp.APPEND); break;
      case "list": return list(words.get(0));
      case "delete": sftp.rm(quoted(words.get(0))); break;
      case "delete-tree": deleteTree(words.get(0)); break;
      case "rename": sftp.rename(quoted(words.get(0)), quoted(words.get(1))); break;
      case "mkdir": sftp.mkdir(words.get(0)); break;
      case "chmod": sftp.chmod(Integer.parseInt(words.get(1), 8), quoted(words.get(0))); break;
      case "link": sftp.symlink(words.get(0), words.get(1)); break;
      case "hard-link": sftp.hardlink(words.get(0), words.get(1)); break;
      case "glob": return list(words.get(0), false);
      case "facts": return facts(words.get(0));
      case "rekey": session.rekey(); break;
      default: throw new IllegalArgumentException(verb);
    }
    return List.of();
  }

  private static void connect(List<String> words) throws Exception {
    JSch jsch = new JSch();
    jsch.setKnownHosts(words.get(5));
    session = jsch.getSession(words.get(2), words.get(0), Integer.parseInt(words.get(1)));
    if (words.get(3).equals("key")) jsch.addIdentity(words.get(4));
    else session.setPassword(words.get(4));
    session.setConfig("PreferredAuthentications", words.get(3).equals("key") ? "publickey" : "password");
    session.connect(20_000);
    sftp = (ChannelSftp) session.openChannel("sftp");
    sftp.connect(20_000);
  }

  private static List<String> list(String folder) throws Exception {
    return list(quoted(folder), true);
  }

  private static List<String> list(String pattern, boolean withKinds) throws Exception {
    List<String> names = new ArrayList<>();
    for (Object found : (Vector<?>) sftp.ls(pattern)) {
      ChannelSftp.LsEntry entry = (ChannelSftp.LsEntry) found;
      String name = entry.getFilename();
      if (name.equals(".") || name.equals("..")) continue;
      names.add((withKinds ? (entry.getAttrs().isDir() ? "d" : "f") : "") + name);
    }
    return names;
  }

  private static void deleteTree(String folder) throws Exception {
    for (String entry : list(folder)) {
      String path = folder + "/" + entry.substring(1);
      if (entry.startsWith("d")) deleteTree(path);
      else sftp.rm(quoted(path));
    }
    sftp.rmdir(quoted(folder));
  }

  private static List<String> facts(String path) throws Exception {
    sftp.setMtime(quoted(path), 1_234_567_890);
    return List.of(
        sftp.version(),
        String.valueOf(sftp.stat(quoted(path)).getMTime()),
        String.valueOf(sftp.stat(quoted(path)).getSize()),
        String.valueOf(sftp.statVFS("/").getSize() > 0),
        sftp.getHome());
  }

  private static String quoted(String path) {
    return path.replaceAll("([\\\\*?])", "\\\\$1");
  }

  private static String encode(String word) {
    return URLEncoder.encode(word, StandardCharsets.UTF_8).replace("+", "%20");
  }
}
