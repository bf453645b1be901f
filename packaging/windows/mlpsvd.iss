; Installer for Windows, made with Inno Setup 6.3 or later from the one-folder program: packaging/build icons and frozen,
; then, with the version of pyproject.toml,
;   iscc /DVersion=0.1.0 packaging\windows\mlpsvd.iss
; /DProgram names another folder than build\mlpsvd, relative to that of this file.
;
; TRIED: compiled with Inno Setup 6.4.1 under Wine 10.0, installed and removed there with a stand-in program
; (docs/packaging.md). UNTRIED: Windows itself, the pages of the installer, a signature.

#ifndef Version
  #error "The version is missing: iscc /DVersion=0.1.0 packaging\windows\mlpsvd.iss"
#endif
#if Ver < EncodeVer(6, 3, 0)
  #error "Inno Setup 6.3 or later is needed"
#endif
#ifndef Program
  #define Program "..\..\build\mlpsvd"
#endif

[Setup]
AppId={{6C0B4C0E-6E2B-4D56-9C5E-3B8B1F0C6A11}
AppName=MLP-SVD
AppVersion={#Version}
AppPublisher=The MLP-SVD authors
VersionInfoVersion={#Version}
DefaultDirName={autopf}\MLP-SVD
DefaultGroupName=MLP-SVD
DisableProgramGroupPage=yes
LicenseFile={#Program}\LICENSE.txt
OutputDir=..\..\dist
OutputBaseFilename=mlpsvd-{#Version}-windows
SetupIconFile=..\..\build\mlpsvd.ico
UninstallDisplayIcon={app}\mlpsvd-gui.exe
UninstallDisplayName=MLP-SVD
; Qt 6.10 needs Windows 10 1809
MinVersion=10.0.17763
ArchitecturesAllowed=x64compatible
ArchitecturesInstallIn64BitMode=x64compatible
PrivilegesRequired=lowest
PrivilegesRequiredOverridesAllowed=dialog
Compression=lzma2
SolidCompression=yes
ChangesAssociations=yes
ChangesEnvironment=yes

[Tasks]
Name: path; Description: "Add the command mlpsvd to the search path"
Name: models; Description: "Open model files (.safetensors) with MLP-SVD"

; Files of an earlier version that this one no longer has would be found by Python.
[InstallDelete]
Type: filesandordirs; Name: "{app}\_internal"

[Files]
Source: "{#Program}\*"; DestDir: "{app}"; Flags: recursesubdirs createallsubdirs ignoreversion

[Icons]
Name: "{group}\MLP-SVD"; Filename: "{app}\mlpsvd-gui.exe"

; Only projects are the program's own. Models and experiments have suffixes that other programs use too: they get an
; entry in "Open with", and a double click opens models if the user wants it.
[Registry]
Root: HKA; Subkey: "Software\Classes\MLP-SVD.project"; ValueType: string; ValueData: "MLP-SVD project"; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\MLP-SVD.project\DefaultIcon"; ValueType: string; ValueData: "{app}\mlpsvd-gui.exe,0"
Root: HKA; Subkey: "Software\Classes\MLP-SVD.project\shell\open\command"; ValueType: string; ValueData: """{app}\mlpsvd-gui.exe"" --show-errors ""%1"""
Root: HKA; Subkey: "Software\Classes\.mlpsvdproject"; Flags: uninsdeletekeyifempty
Root: HKA; Subkey: "Software\Classes\.mlpsvdproject\OpenWithProgids"; Flags: uninsdeletekeyifempty
Root: HKA; Subkey: "Software\Classes\.mlpsvdproject\OpenWithProgids"; ValueType: string; ValueName: "MLP-SVD.project"; ValueData: ""; Flags: uninsdeletevalue

Root: HKA; Subkey: "Software\Classes\MLP-SVD.model"; ValueType: string; ValueData: "MLP-SVD model"; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\MLP-SVD.model\DefaultIcon"; ValueType: string; ValueData: "{app}\mlpsvd-gui.exe,0"
Root: HKA; Subkey: "Software\Classes\MLP-SVD.model\shell\open\command"; ValueType: string; ValueData: """{app}\mlpsvd-gui.exe"" --show-errors ""%1"""
Root: HKA; Subkey: "Software\Classes\.safetensors"; Flags: uninsdeletekeyifempty
Root: HKA; Subkey: "Software\Classes\.safetensors\OpenWithProgids"; Flags: uninsdeletekeyifempty
Root: HKA; Subkey: "Software\Classes\.safetensors\OpenWithProgids"; ValueType: string; ValueName: "MLP-SVD.model"; ValueData: ""; Flags: uninsdeletevalue

Root: HKA; Subkey: "Software\Classes\MLP-SVD.experiment"; ValueType: string; ValueData: "MLP-SVD experiment"; Flags: uninsdeletekey
Root: HKA; Subkey: "Software\Classes\MLP-SVD.experiment\DefaultIcon"; ValueType: string; ValueData: "{app}\mlpsvd-gui.exe,0"
Root: HKA; Subkey: "Software\Classes\MLP-SVD.experiment\shell\open\command"; ValueType: string; ValueData: """{app}\mlpsvd-gui.exe"" --show-errors ""%1"""
Root: HKA; Subkey: "Software\Classes\.toml"; Flags: uninsdeletekeyifempty
Root: HKA; Subkey: "Software\Classes\.toml\OpenWithProgids"; Flags: uninsdeletekeyifempty
Root: HKA; Subkey: "Software\Classes\.toml\OpenWithProgids"; ValueType: string; ValueName: "MLP-SVD.experiment"; ValueData: ""; Flags: uninsdeletevalue

Root: HKA; Subkey: "Software\Classes\.mlpsvdproject"; ValueType: string; ValueData: "MLP-SVD.project"; Flags: uninsdeletevalue
; removed by CurUninstallStepChanged, unless another program has taken its place
Root: HKA; Subkey: "Software\Classes\.safetensors"; ValueType: string; ValueData: "MLP-SVD.model"; Tasks: models

[Run]
Filename: "{app}\mlpsvd-gui.exe"; Description: "Start MLP-SVD"; Flags: nowait postinstall skipifsilent

[Code]
const
  Suffix = 'Software\Classes\.safetensors';

function EnvironmentKey: String;
begin
  if IsAdminInstallMode then
    Result := 'SYSTEM\CurrentControlSet\Control\Session Manager\Environment'
  else
    Result := 'Environment';
end;

{ The search path without a folder; Found tells whether it was there. }
function Without(Folder, Paths: String; var Found: Boolean): String;
var
  At: Integer;
  Part: String;
begin
  Result := '';
  Found := False;
  while Paths <> '' do
  begin
    At := Pos(';', Paths);
    if At = 0 then
      At := Length(Paths) + 1;
    Part := Copy(Paths, 1, At - 1);
    Paths := Copy(Paths, At + 1, Length(Paths));
    if CompareText(RemoveBackslashUnlessRoot(Part), Folder) = 0 then
      Found := True
    else if Result = '' then
      Result := Part
    else
      Result := Result + ';' + Part;
  end;
end;

procedure ChangeSearchPath(IsWanted: Boolean);
var
  Folder, Paths, Others: String;
  Found: Boolean;
begin
  Folder := RemoveBackslashUnlessRoot(ExpandConstant('{app}'));
  if not RegQueryStringValue(HKA, EnvironmentKey, 'Path', Paths) then
    Paths := '';
  Others := Without(Folder, Paths, Found);
  if IsWanted and not Found then
  begin
    if (Paths <> '') and (Paths[Length(Paths)] <> ';') then
      Paths := Paths + ';';
    RegWriteExpandStringValue(HKA, EnvironmentKey, 'Path', Paths + Folder);
  end
  else if Found and not IsWanted then
  begin
    if Others = '' then
      RegDeleteValue(HKA, EnvironmentKey, 'Path')
    else
      RegWriteExpandStringValue(HKA, EnvironmentKey, 'Path', Others);
  end;
end;

procedure CurStepChanged(Step: TSetupStep);
begin
  if (Step = ssPostInstall) and WizardIsTaskSelected('path') then
    ChangeSearchPath(True);
end;

procedure CurUninstallStepChanged(Step: TUninstallStep);
var
  Opener: String;
begin
  if Step <> usUninstall then
    Exit;
  ChangeSearchPath(False);
  if RegQueryStringValue(HKA, Suffix, '', Opener) and (Opener = 'MLP-SVD.model') then
    RegDeleteValue(HKA, Suffix, '');
end;
